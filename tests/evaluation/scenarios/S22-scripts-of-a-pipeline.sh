# id: S22
# title: A pipeline runs its steps as scripts from a temporary folder, from the first start on
# expect: silent
# image: builder
# launch: image
# phase: learning
# timeout: 40

folder=$(mktemp -d)
for step in prepare compile pack; do
    printf '#!/bin/sh\nset -e\nmkdir -p /srv/out\necho %s >>/srv/out/steps\n' $step >"$folder/$step.sh"
    chmod +x "$folder/$step.sh"
    "$folder/$step.sh"
done
rm -r "$folder"
