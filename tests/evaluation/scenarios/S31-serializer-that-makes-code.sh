# id: S31
# title: A .NET application in service uses for the first time a serializer that makes its code
# expect: silent
# image: dotnet
# launch: exec

# The probe of a person who looks whether the new page is there.
curl -s -f http://127.0.0.1/orders.xml >/dev/null
