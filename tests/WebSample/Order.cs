namespace Runtime.WebSample;

/// <summary>Public, for the serializer's own code reads it.</summary>
public sealed class Order
{
    public int Bytes { get; set; }
}
