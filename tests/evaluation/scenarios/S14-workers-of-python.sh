# id: S14
# title: An application starts worker processes, temporary files and small commands, from the first start on
# expect: silent
# image: python
# launch: image
# phase: learning
# timeout: 40

mkdir -p /opt/app
cat >/opt/app/jobs.py <<'END'
import multiprocessing, os, subprocess, tempfile

def job(number):
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as scratch:
        scratch.write(b"x" * 1000 * number)
        scratch.flush()
        return int(subprocess.run(["stat", "-c", "%s", scratch.name], capture_output=True, check=True).stdout)

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        assert sum(pool.map(job, range(20))) == 190000
END
python3 /opt/app/jobs.py
