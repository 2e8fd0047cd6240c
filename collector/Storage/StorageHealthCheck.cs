using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Runtime.Collector.Storage;

/// <summary>Unhealthy while writes are not kept.</summary>
internal sealed class StorageHealthCheck(Database database) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(database.Fault is { } fault ? HealthCheckResult.Unhealthy($"nothing is stored: {fault}") : HealthCheckResult.Healthy());
}
