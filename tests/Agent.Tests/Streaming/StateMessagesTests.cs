using Runtime.Agent.Capture;
using Runtime.Agent.Health;
using Runtime.Agent.Streaming;
using Xunit;

namespace Runtime.Agent.Tests.Streaming;

public sealed class StateMessagesTests
{
    [Fact]
    public void StatusOf_LowerRung_CarriesItsReasonAndCoverage()
    {
        var state = new AgentState([], new Dictionary<string, ulong>(), 0, 0, 0, 0, 0, 0)
        {
            Rung = new Rung(2, "rung 1: no BTF"),
            Coverage = new Dictionary<string, double> { ["exec"] = 0.75 },
        };
        var status = StateMessages.StatusOf(state);
        Assert.Equal((2u, "rung 1: no BTF"), (status.Rung, status.RungReason));
        Assert.Equal(0.75, Assert.Single(status.Coverage).Value);
    }

    [Fact]
    public void StatusOf_Replay_HasNoRung() =>
        Assert.Equal(0u, StateMessages.StatusOf(new AgentState([], new Dictionary<string, ulong>(), 0, 0, 0, 0, 0, 0)).Rung);
}
