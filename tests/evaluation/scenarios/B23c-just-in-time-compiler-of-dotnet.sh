# id: B23c
# title: .NET compiles its code while it runs, from the first start on
# expect: silent
# image: dotnet
# launch: image
# phase: learning
# timeout: 40

dotnet --info >/dev/null
sleep 20
