using Runtime.Collector.Detection;
using Runtime.Collector.Fleet;
using Runtime.Collector.Incidents;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Fleet;

public sealed class CalibrationTests
{
    [Fact]
    public void Excess_OfFewIncidents_IsNotTold()
    {
        var calibration = new Calibration();
        for (var i = 0; i < 49; i++)
        {
            calibration.Note(10);
        }

        Assert.Equal(1, calibration.Excess);
        calibration.Note(10);
        Assert.Equal(10, calibration.Excess);
    }

    [Fact]
    public void Excess_IsTheMeanOfTheLast200_AndNeverBelowOne()
    {
        var calibration = new Calibration();
        for (var i = 0; i < Calibration.Kept; i++)
        {
            calibration.Note(100);
        }

        for (var i = 0; i < Calibration.Kept; i++)
        {
            calibration.Note(0.5);
        }

        Assert.Equal(1, calibration.Excess);
    }

    [Fact]
    public void Incidents_ThatFaded_AreCountedOnceAndWeighLaterOnes()
    {
        var knowledge = new FleetKnowledge();
        var web = new EngineWeb(fleet: knowledge.For(ObservationBuilder.Web.Id)).Locked();
        for (var i = 0; i < 49; i++)
        {
            knowledge.Calibration.Note(8);
        }

        web.Apply(web.Builder.Listen(web.Replicas[0].Container, web.Replicas[0].Nginx, "0.0.0.0", 4000));
        web.Serve(24);
        Assert.Equal(1, knowledge.Calibration.Excess);
        web.Serve(3);
        Assert.Equal(8, knowledge.Calibration.Excess, 6);
        web.Serve(3);

        var deviation = Assert.Single(web.Apply(web.Builder.Listen(web.Replicas[0].Container, web.Replicas[0].Nginx, "0.0.0.0", 5000)).Deviations);
        Assert.Equal(1, deviation.EValue, 6);
        Assert.Contains(deviation.Evidence, evidence => evidence.Reason == "incidents that were harmless weighed 8 on average");
    }

    [Fact]
    public void Incident_ThatAPersonFoundHarmless_IsCounted()
    {
        var knowledge = new FleetKnowledge();
        var web = new EngineWeb(fleet: knowledge.For(ObservationBuilder.Web.Id)).Locked();
        for (var i = 0; i < 49; i++)
        {
            knowledge.Calibration.Note(1);
        }

        web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/bin/sh", web.Replicas[0].Nginx)));
        var incident = Assert.Single(web.Incidents);
        web.Engine.CloseIncident(incident.Id, "true_positive", "ann", "", web.Builder.Now);
        Assert.Equal(1, knowledge.Calibration.Excess);

        web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/bin/bash", web.Replicas[0].Nginx)));
        var next = web.Incidents.Single(other => other.State == IncidentState.Open && other.Id != incident.Id);
        web.Engine.CloseIncident(next.Id, Verdicts.Benign, "ann", "", web.Builder.Now);
        Assert.True(knowledge.Calibration.Excess > 1, $"{knowledge.Calibration.Excess}");
    }
}
