using System.Collections.Immutable;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Runtime.Collector.Web.Access;

/// <summary>What these keys protect (forms, open pages) ends with the process, and so do they; the framework would write them to the user's home. Any thread.</summary>
internal sealed class MemoryKeys : IXmlRepository
{
    // One, and another every 90 days.
    private ImmutableList<XElement> _keys = [];

    public IReadOnlyCollection<XElement> GetAllElements() => _keys;

    public void StoreElement(XElement element, string friendlyName) => ImmutableInterlocked.Update(ref _keys, keys => keys.Add(element));
}
