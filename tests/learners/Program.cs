using System.CommandLine;
using Runtime.Learners;

// The experiments behind "No ML" in collector/DECISIONS.md: what two learners would add to the daily digest.
var incidents = new Option<DirectoryInfo>("--incidents") { Description = "What `tests/evaluation/run.sh --keep DIR` left", Required = true };
var scenarios = new Option<DirectoryInfo>("--scenarios") { Description = "Folder with scenario files", DefaultValueFactory = _ => new DirectoryInfo("tests/evaluation/scenarios") };
incidents.AcceptExistingOnly();
scenarios.AcceptExistingOnly();
var ranking = new Command("ranking", "FastTree on decided incidents, against the order by evidence.") { incidents, scenarios };
ranking.SetAction(arguments => Ranking.Run(Decided.ReadAll(arguments.GetValue(incidents)!, arguments.GetValue(scenarios)!)));

var recordings = new Option<DirectoryInfo>("--recordings") { Description = "Folder with folders that each hold a collector's runtime.db", Required = true };
var daySeconds = new Option<double>("--day-seconds") { Description = "What a day lasted in them", DefaultValueFactory = _ => 12 };
recordings.AcceptExistingOnly();
var oddDays = new Command("odd-days", "RandomizedPca on a deployment's daily counts, recorded and made ones, with attacks that only change counts.") { recordings, daySeconds };
oddDays.SetAction(arguments => OddDays.Run(DayCounts.ReadAll(arguments.GetValue(recordings)!, TimeSpan.FromSeconds(arguments.GetValue(daySeconds)))));

return new RootCommand("What two learners would add to the daily digest.") { ranking, oddDays }.Parse(args).Invoke();
