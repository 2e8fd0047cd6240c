# id: B27
# title: A web application's flaw takes in an assembly that is never a file
# expect: alert
# severity: high
# kinds: library
# attck: T1620
# image: dotnet
# launch: app

# A part of the framework that the shop has no use for stands in for what does harm: what is told is how it comes in.
cat /usr/share/dotnet/shared/Microsoft.NETCore.App/*/Microsoft.VisualBasic.dll | curl -s -f --data-binary @- http://127.0.0.1/plugins >/dev/null
