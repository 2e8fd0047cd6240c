using System.Globalization;

namespace Runtime.Collector.Detection;

/// <summary>Who wrote a file that is now run or loaded.</summary>
/// <param name="Before">From the write to the use.</param>
internal readonly record struct FileWriter(string Binary, uint Pid, TimeSpan Before)
{
    /// <summary>"/usr/bin/curl (process 71) 4.2 s before".</summary>
    public string Words => string.Create(CultureInfo.InvariantCulture, $"{DisplayText.Path(Binary)} (process {Pid}) {Before.TotalSeconds:0.#} s before");
}
