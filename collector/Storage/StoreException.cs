namespace Runtime.Collector.Storage;

/// <summary>The store cannot be opened: newer schema, no right to write, not a database. Stops the start.</summary>
internal sealed class StoreOpenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The write was not kept: the disk is full or fails. Nothing of it is in the store; it may be tried again later.</summary>
internal sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);
