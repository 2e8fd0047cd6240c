namespace Runtime.Collector.Query.Search;

/// <summary>Answers of searches as messages of query.proto.</summary>
internal static class SearchWire
{
    public static V1.SearchHit Hit(SearchHit hit)
    {
        var message = new V1.SearchHit { Time = Wire.Time(hit.Time), New = hit.IsNew };
        if (hit.Event is { } observation)
        {
            message.Event = Wire.Event(observation);
        }
        else if (hit.Deviation is { } deviation)
        {
            message.Deviation = Wire.Deviation(deviation);
        }
        else
        {
            message.Incident = Wire.Incident(hit.Incident!);
        }

        return message;
    }

    public static V1.FindSightingsResponse Sightings(SightingList list) => new()
    {
        Deployments = (ulong)list.Deployments,
        AllDeployments = (ulong)list.AllDeployments,
        Cut = list.IsCut,
        Since = list.Since is { } since ? Wire.Time(since) : null,
        Sightings =
        {
            list.Sightings.Select(sighting => new V1.Sighting
            {
                ScopeId = sighting.ScopeId, Role = sighting.Role, Value = sighting.Value, FirstSeen = Wire.Time(sighting.FirstSeen), LastSeen = Wire.Time(sighting.LastSeen), Count = (ulong)sighting.Count,
            }),
        },
    };

    public static V1.ListNewsResponse News(NewsPage page) => new()
    {
        Searched = (uint)page.Searched,
        NextPageToken = page.NextPageToken,
        Deployments =
        {
            page.Deployments.Select(news => new V1.DeploymentNews
            {
                ScopeId = news.ScopeId, Items = { news.Items.Select(Wire.Item) }, Deviations = { news.Deviations.Select(Wire.Deviation) },
                MoreItems = (ulong)news.MoreItems, MoreDeviations = news.HasMoreDeviations,
            }),
        },
    };

    /// <summary>The two forms in which a refused query tells its places: the one that every client library knows, and our own with numbers.</summary>
    public static Google.Rpc.Status Refused(SearchFaultException refused)
    {
        var violations = new Google.Rpc.BadRequest
        {
            FieldViolations =
            {
                refused.Faults.Select(fault => new Google.Rpc.BadRequest.Types.FieldViolation
                {
                    Field = "query", Description = string.Create(global::System.Globalization.CultureInfo.InvariantCulture, $"column {fault.Column + 1}, length {fault.Length}: {fault.Message}"),
                }),
            },
        };
        var places = new V1.SearchFaults
        {
            Query = refused.Query.Length <= SearchParser.MaxLength ? refused.Query : refused.Query[..SearchParser.MaxLength],
            Faults = { refused.Faults.Select(fault => new V1.SearchFault { Column = fault.Column, Length = fault.Length, Message = fault.Message }) },
        };
        return new Google.Rpc.Status
        {
            Code = (int)Grpc.Core.StatusCode.InvalidArgument, Message = $"query: {refused.Message}",
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(violations), Google.Protobuf.WellKnownTypes.Any.Pack(places) },
        };
    }
}
