# id: E18b
# title: One process overwrites and renames three hundred files
# expect: alert
# severity: critical
# kinds: file, process
# attck: T1486
# image: python
# launch: app
# timeout: 40
# within: 20

cat >/var/lib/job.py <<'END'
import os, pathlib
data = pathlib.Path("/srv/data")
data.mkdir(parents=True, exist_ok=True)
for number in range(300):
    (data / f"{number}.doc").write_text(f"invoice {number}" * 100)
for file in data.glob("*.doc"):
    file.write_bytes(bytes(byte ^ 0x5a for byte in file.read_bytes()))
    file.rename(file.with_suffix(".doc.locked"))
(data / "HOW_TO_RESTORE.txt").write_text("pay to stand-in")
END
python3 /var/lib/job.py
