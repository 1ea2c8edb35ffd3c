"""Stands for: the service most teams would write with Django REST Framework, with an audit row."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from homes.models import PredictionLog
from homes.serializers import HomeSerializer
from homes.valuation import value


class PredictView(APIView):
    def post(self, request: Request) -> Response:
        serializer = HomeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        home = serializer.validated_data
        answer = {"prediction": value(home), "currency": "USD"}
        log = PredictionLog.objects.create(request=home, response=answer)
        return Response({"id": log.pk, **answer})
