namespace Runtime.Collector.Configuration;

/// <summary>The setting's value is a secret: no message and no listing shows it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;
