# id: B27b
# title: A dropped library is put into a running .NET server through its diagnostics port
# expect: alert
# severity: high
# kinds: library
# attck: T1055.001
# image: dotnet
# launch: app
# companion: /tmp/attach

# A library of the image under another name: it has nothing that a profiler must have, so the runtime loads it and gives it up.
cp /usr/lib/x86_64-linux-gnu/libz.so.1 /tmp/libprofile.so
/tmp/attach /tmp/libprofile.so
