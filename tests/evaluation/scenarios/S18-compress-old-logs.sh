# id: S18
# title: An application compresses two hundred of its own old logs and renames them
# expect: silent
# image: tools
# launch: app
# timeout: 40

python3 -c '
import gzip, os, pathlib
logs = pathlib.Path("/var/log/app")
logs.mkdir(parents=True, exist_ok=True)
for number in range(200):
    (logs / f"{number}.log").write_text(f"order {number}\n" * 100)
for log in logs.glob("*.log"):
    with gzip.open(str(log) + ".tmp", "wb") as packed:
        packed.write(log.read_bytes())
    os.rename(str(log) + ".tmp", str(log) + ".gz")
    log.unlink()'
