from rest_framework import serializers


class HomeSerializer(serializers.Serializer):
    bedrooms = serializers.IntegerField(min_value=0, max_value=50)
    bathrooms = serializers.FloatField(min_value=0, max_value=20)
    sqft_living = serializers.IntegerField(min_value=100)
    sqft_lot = serializers.IntegerField(min_value=100)
    floors = serializers.FloatField(min_value=1, max_value=10)
    waterfront = serializers.IntegerField(min_value=0, max_value=1)
    view = serializers.IntegerField(min_value=0, max_value=4)
    condition = serializers.IntegerField(min_value=1, max_value=5)
    grade = serializers.IntegerField(min_value=1, max_value=13)
    sqft_above = serializers.IntegerField(min_value=0)
    sqft_basement = serializers.IntegerField(min_value=0)
    yr_built = serializers.IntegerField(min_value=1800)
    yr_renovated = serializers.IntegerField(min_value=0)
    zipcode = serializers.RegexField(r"^\d{5}$")
    lat = serializers.FloatField()
    long = serializers.FloatField()
    sqft_living15 = serializers.IntegerField(min_value=100)
    sqft_lot15 = serializers.IntegerField(min_value=100)
