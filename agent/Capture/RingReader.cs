using System.Runtime.InteropServices;
using Runtime.Agent.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture;

/// <summary>Takes one record. The span is the ring's own memory and valid only inside the call.</summary>
internal interface IRawRecordSink
{
    void OnRecord(ReadOnlySpan<byte> record);
}

/// <summary>The consumer's side of a BPF_MAP_TYPE_RINGBUF, mapped directly (kernel/bpf/ringbuf.c). One thread; allocates nothing.</summary>
/// <remarks>
/// The descriptor's page 0 holds the consumer's position (ours to write), page 1 the producer's, then the data. The kernel offers
/// the data twice in a row, so that every record is contiguous; all of it would count as the agent's memory, so it is mapped once, and
/// the one record that wraps around is put together in a copy. A record: u32 length with BUSY in bit 31 and DISCARD in bit 30,
/// u32 of the kernel's, body, padding to 8: a head never wraps.
/// </remarks>
internal sealed unsafe class RingReader : IDisposable
{
    private const uint Busy = 1u << 31, Discard = 1u << 30;
    private const int RecordHeaderBytes = 8;

    /// <summary>Room is given back to the kernel after so many bytes, not after each record.</summary>
    private const ulong PublishBytes = 64 * 1024;

    private readonly int _epoll;
    private readonly ulong _mask;
    private readonly ulong _pageBytes, _producerBytes;
    private byte* _consumer, _producer;

    // Holds the longest record that ever wrapped.
    private byte[] _wrapped = [];

    /// <param name="map">The ring's descriptor; must outlive the reader.</param>
    /// <param name="size">Its data's size in bytes, a power of two.</param>
    /// <exception cref="BpfException">No memory or no descriptor.</exception>
    public RingReader(int map, int size)
    {
        _mask = (ulong)size - 1;
        _pageBytes = (ulong)Environment.SystemPageSize;
        _producerBytes = _pageBytes + (ulong)size;
        try
        {
            _epoll = epoll_create1(EPOLL_CLOEXEC);
            if (_epoll < 0) throw Failure("wait for the ring");
            var interest = new epoll_event { events = EPOLLIN };
            if (epoll_ctl(_epoll, EPOLL_CTL_ADD, map, &interest) < 0) throw Failure("wait for the ring");
            _consumer = Map(_pageBytes, PROT_READ | PROT_WRITE, map, 0);
            _producer = Map(_producerBytes, PROT_READ, map, (long)_pageBytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes that the kernel wrote and we have not given back.</summary>
    public ulong WaitingBytes => Volatile.Read(ref *(ulong*)_producer) - *(ulong*)_consumer;

    /// <summary>Returns when the kernel wakes us or the time is over.</summary>
    public void Wait(int milliseconds)
    {
        epoll_event ready;
        if (epoll_wait(_epoll, &ready, 1, milliseconds) < 0 && errno != EINTR) throw Failure("wait for the ring");
    }

    /// <summary>Hands over what is there, at most about <paramref name="limitBytes"/>; answers the number of records.</summary>
    /// <remarks>Stops at a record that a program on another processor is still writing.</remarks>
    public int Drain<TSink>(TSink sink, ulong limitBytes)
        where TSink : IRawRecordSink
    {
        ref var consumerPosition = ref *(ulong*)_consumer;
        var position = consumerPosition;
        var published = position;
        var limit = position + limitBytes;
        var records = 0;
        try
        {
            var end = Volatile.Read(ref *(ulong*)_producer);
            while (position < end && position < limit)
            {
                var header = Volatile.Read(ref *(uint*)(_producer + _pageBytes + (position & _mask)));
                if ((header & Busy) != 0) break;
                var length = header & ~Discard;
                var body = position + RecordHeaderBytes;
                position += (length + RecordHeaderBytes + 7) & ~7ul;
                if ((header & Discard) == 0)
                {
                    sink.OnRecord(Body(body & _mask, (int)length));
                    records++;
                }

                if (position - published >= PublishBytes)
                {
                    Volatile.Write(ref consumerPosition, position);
                    published = position;
                }

                if (position >= end) end = Volatile.Read(ref *(ulong*)_producer);
            }
        }
        finally
        {
            Volatile.Write(ref consumerPosition, position);
        }

        return records;
    }

    private ReadOnlySpan<byte> Body(ulong at, int length)
    {
        var data = _producer + _pageBytes;
        var size = _mask + 1;
        if (at + (ulong)length <= size)
            return new(data + at, length);
        if (_wrapped.Length < length)
            _wrapped = new byte[length];
        var atEnd = (int)(size - at);
        new ReadOnlySpan<byte>(data + at, atEnd).CopyTo(_wrapped);
        new ReadOnlySpan<byte>(data, length - atEnd).CopyTo(_wrapped.AsSpan(atEnd));
        return _wrapped.AsSpan(0, length);
    }

    public void Dispose()
    {
        // None of these can fail on what we made ourselves, and there would be nothing left to do.
        if (_producer != null) _ = munmap(_producer, (size_t)_producerBytes);
        if (_consumer != null) _ = munmap(_consumer, (size_t)_pageBytes);
        _producer = _consumer = null;
        if (_epoll > 0) _ = close(_epoll);
    }

    private static byte* Map(ulong length, int protection, int map, long offset)
    {
        var memory = mmap(null, (size_t)length, protection, MAP_SHARED, map, offset);
        return memory == MAP_FAILED ? throw Failure("map the ring") : (byte*)memory;
    }

    private static BpfException Failure(string operation) => new(operation, errno);
}
