# id: S23
# title: A program reads its own environment, memory map and limits
# expect: silent
# image: tools
# launch: app

python3 -c '
for name in "environ", "maps", "limits", "status", "smaps_rollup", "cgroup":
    with open(f"/proc/self/{name}", "rb") as file:
        assert file.read()'
