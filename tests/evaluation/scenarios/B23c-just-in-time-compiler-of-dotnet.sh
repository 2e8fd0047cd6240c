# id: B23c
# title: .NET compiles its code while it runs, from the first start on
# expect: silent
# image: dotnet
# launch: image
# phase: learning
# timeout: 40

# A method that is called often is compiled anew; expressions and serializers make code of their own.
curl -s -f --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1/ >/dev/null
curl -s -f 'http://127.0.0.1/search?for=[1-400]' 'http://127.0.0.1/orders.xml?at=[1-100]' >/dev/null
dotnet --list-runtimes >/dev/null
