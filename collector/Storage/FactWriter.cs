using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Storage;

/// <summary>Makes the rows of one transaction searchable. Nothing is kept from one transaction to the next: one that is undone takes its words with it.</summary>
internal sealed class FactWriter(SqlSession session, DateTimeOffset now)
{
    // Bounded by the rows of one transaction.
    private readonly List<(long Id, long Scope, string Kind, Observation Observation, FactRow Fact)> _rows = [];
    private readonly Dictionary<string, long> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Number, long First, long? Created)> _images = new(StringComparer.Ordinal);
    private readonly long _day = (long)(now - DateTimeOffset.UnixEpoch).TotalDays;

    /// <summary>The row is written by <see cref="Write"/>.</summary>
    public void Add(long id, long scope, string kind, Observation observation, FactRow fact) => _rows.Add((id, scope, kind, observation, fact));

    public void Write()
    {
        var isNew = WriteSightings();
        foreach (var (id, scope, kind, observation, fact) in _rows)
        {
            var container = observation.Container;
            session.Execute("""
                INSERT INTO facts (time, id, scope, kind, operation, binary, parent, path, sha256, name, pod, container, digest, node, image, address, port, uid, count, is_new)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                """,
                observation.Last.ToMicros(), id, scope, kind, fact.Operation, Word(fact.Binary), Word(fact.Parent), Word(fact.Path), Word(fact.Sha256), Word(fact.Name),
                Word(container?.PodName), Word(container?.Id), Word(container?.ImageDigest), Word(observation.Node), Image(container, observation.First.ToMicros()),
                fact.Address, fact.Port, fact.Uid, (long)Math.Min(observation.Count, long.MaxValue), isNew.Contains(id) ? 1 : 0);
        }

        _rows.Clear();
    }

    /// <returns>Ids of the rows that were the first of something in their scope.</returns>
    private HashSet<long> WriteSightings()
    {
        var sightings = new Dictionary<(long Word, SightingRole Role, long Scope), (long First, long Last, long Count, long Id)>();
        foreach (var (id, scope, _, observation, fact) in _rows)
        {
            var (first, last, count) = (observation.First.ToMicros(), observation.Last.ToMicros(), (long)Math.Min(observation.Count, int.MaxValue));
            foreach (var (role, value) in fact.Sightings)
            {
                var key = (Word(value)!.Value, role, scope);
                sightings[key] = sightings.TryGetValue(key, out var known)
                    ? (Math.Min(known.First, first), Math.Max(known.Last, last), known.Count + count, known.Id)
                    : (first, last, count, id);
            }
        }

        var isNew = new HashSet<long>();
        foreach (var ((word, role, scope), (first, last, count, id)) in sightings)
        {
            // The sum is what was added only where there was nothing to add to.
            var sum = session.Number("""
                INSERT INTO sightings (word, role, scope, first_seen, last_seen, count) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (word, role, scope) DO UPDATE SET first_seen = min(first_seen, $4), last_seen = max(last_seen, $5), count = count + $6 RETURNING count
                """, word, (int)role, scope, first, last, count);
            if (sum == count)
            {
                isNew.Add(id);
            }
        }

        return isNew;
    }

    /// <returns>Null for nothing.</returns>
    private long? Word(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (!_words.TryGetValue(value, out var number))
        {
            number = session.Number("UPDATE words SET used = $2 WHERE value = $1 AND used < $2 RETURNING number", value, _day)
                ?? session.Number("SELECT number FROM words WHERE value = $1", value)
                ?? session.Number("INSERT INTO words (value, used) VALUES ($1, $2) RETURNING number", value, _day)!.Value;
            _words.Add(value, number);
        }

        return number;
    }

    private long? Image(ContainerInfo? container, long seen)
    {
        if (container?.Image is not { Length: > 0 } reference)
        {
            return null;
        }

        var created = container.ImageCreated?.ToMicros();
        if (!_images.TryGetValue(reference, out var known) || seen < known.First || created > (known.Created ?? long.MinValue))
        {
            // SQLite's max of two is null where one is.
            var name = ImageName.Parse(reference);
            var number = session.Number("""
                INSERT INTO images (reference, registry, repository, tag, first_seen, used, created) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (reference) DO UPDATE SET used = max(used, $6), first_seen = min(first_seen, $5), created = max(coalesce(created, $7), coalesce($7, created)) RETURNING number
                """, reference, name.Registry, name.Repository, name.Tag, seen, _day, created)!.Value;
            _images[reference] = known = (number, known.Number == 0 ? seen : Math.Min(seen, known.First), created ?? known.Created);
        }

        return known.Number;
    }
}
