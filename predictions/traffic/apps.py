from django.apps import AppConfig


class TrafficConfig(AppConfig):
    name = "predictions.traffic"
    label = "traffic"
    verbose_name = "What the log says of traffic, counted by the minute"
