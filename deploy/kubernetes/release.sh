#!/bin/sh
# A release, or a changed setting: the Job `prepare` first, and what serves only after it.
# deploy/kubernetes/release.sh [FOLDER]; FOLDER is your own kustomization. docs/kubernetes.md.
set -eu
folder=${1:-$(dirname "$0")}
# A look each five seconds for 35 minutes: the Job ends itself after 30.
looks=${LOOKS:-420} pause=${PAUSE:-5}

there() { kubectl --namespace valuation "$@"; }
# `kubectl wait` knows one condition only: of a Job that failed it would wait for success.
ended() {
    there get job prepare --output 'jsonpath={.status.conditions[?(@.status=="True")].type}' |
        grep -owE 'Complete|Failed'
}

# A Job cannot be changed.
there delete job prepare --ignore-not-found
kubectl apply --kustomize "$folder" --selector 'after!=prepare'
until how=$(ended); do
    looks=$((looks - 1))
    if [ "$looks" -le 0 ]; then
        echo "prepare has not ended; what served goes on as it was: kubectl -n valuation describe job prepare" >&2
        exit 1
    fi
    sleep "$pause"
done
if [ "$how" != Complete ]; then
    there logs job/prepare --tail=50 >&2 || true
    echo "prepare failed; what served goes on as it was" >&2
    exit 1
fi
kubectl apply --kustomize "$folder"
