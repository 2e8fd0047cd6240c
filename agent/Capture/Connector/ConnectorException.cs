namespace Runtime.Agent.Capture.Connector;

/// <summary>The kernel's notices cannot be had here; the message says which and why, in words.</summary>
internal sealed class ConnectorException(string message) : Exception(message);
