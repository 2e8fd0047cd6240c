# The results as two Markdown tables: a row for each kernel, and one for each stimulus that was not told everywhere.
def mib: if . then "\((. / 1024 * 10 | round) / 10)" else "?" end;
[.[] | select(.reason | not)] as $ran
| "| guest | kernel | rung | hooks | told | RSS MiB | sight of its own canaries |",
  "|---|---|---|---|---|---|---|",
  (.[] | if .reason then "| \(.guest) | \(.reason) | | | | | |" else
    "| \(.guest) | \(.kernel)\(if .overlay then "" else ", no overlay" end) | \(.rung) | \(.attached) of \(.hooks) | \([.stimuli[] | select(.result == "told")] | length) of \(.stimuli | length) | \(.rss_kib | mib) | \(.sight)\(if .blind == "" then "" else "; " + .blind end) |"
    end),
  "",
  "| stimulus | \([$ran[].guest] | join(" | ")) |",
  "|---|\([$ran[] | "---|"] | join(""))",
  (range(0; $ran[0].stimuli // [] | length) as $i | [$ran[].stimuli[$i].result]
   | select(any(.[]; . != "told"))
   | "| \($ran[0].stimuli[$i].name) | \(map(if . == "told" then "yes" else . end) | join(" | ")) |"),
  "",
  ($ran[] | select(.why != "") | "\(.guest): rung \(.rung) because \(.why)"),
  ([$ran[] | .guest as $g | .missing[] | {g: $g, w: "\(.name): \(.words)"}] | group_by(.w)[] | "\([.[].g] | join(", ")): \(.[0].w)")
