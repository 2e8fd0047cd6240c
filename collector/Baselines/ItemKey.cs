using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>
/// Builds items' keys in one reused buffer, so that a known behaviour is looked up without an allocation. One per engine; not thread-safe.
/// </summary>
/// <remarks>
/// exec    /usr/bin/python3 /app/job.py        binary and, behind an interpreter, the script
/// edge    /usr/sbin/nginx&gt;/bin/sh@steady      "runtime" as parent for what the container runtime started
///         /bin/sh&gt;(looks around)@steady           started several tools that tell of a system within minutes
/// command /bin/sh|sh|-c|redis-cli ping          binary and arguments of what the runtime was asked to run
/// write   /usr/sbin/nginx|create|/var/log/nginx/&lt;date&gt;.log|other
///         /usr/bin/rm|remove many||other                 many files at once; "replace many|.locked" by ones with that behind the name
/// read    /usr/bin/cat|shadow
/// egress  /usr/bin/curl|203.0.113.0/24|443|tcp
/// egress  /usr/bin/curl|dns:api.example.com|443|tcp      a peer whose name was looked up
/// name    /usr/bin/curl|api.example.com                  the question itself
/// egress  /usr/bin/docker|/run/docker.sock|-|unix      a runtime's socket;  /usr/bin/tcpdump|packet 0x0003|-|socket  a special one
/// listen  /usr/sbin/nginx|80|tcp|any
/// privilege, binary, loading, managed, resource: see <see cref="Privilege"/>, <see cref="Binary"/>, <see cref="Loading"/>, <see cref="Managed"/>, <see cref="Resource"/>
/// The character that parts a key ('&gt;' in an edge, '|' else) and '%' are %XX within a part, or a file's name could forge another item.
/// </remarks>
internal sealed partial class ItemKey
{
    /// <summary>Longer keys keep their beginning and end in a hash of the whole key: 20,000 of them must stay small.</summary>
    public const int MaxLength = 512;

    private static readonly SearchValues<char> Bars = SearchValues.Create("|%");
    private static readonly SearchValues<char> Arrows = SearchValues.Create(">%");

    private char[] _buffer = new char[1024];
    private int _length;

    /// <summary>The kind's letter and the key; valid until the next key is built.</summary>
    public ReadOnlySpan<char> Text => _buffer.AsSpan(0, _length);

    public ReadOnlySpan<char> Exec(ProcessInfo process)
    {
        Start(ItemKind.Exec);
        Part(process.Binary);
        if (process.Script.Length > 0)
        {
            Raw(" ");
            Part(VaryingPath.Type(process.Script));
        }

        if (InlineCode.Find(process) is { } does)
        {
            // What the code says is not kept: it varies without end.
            Raw(" code that ");
            Raw(does);
        }

        Guise(process);
        return Finish();
    }

    /// <param name="parent">Null for what the runtime started.</param>
    /// <param name="isProbe">Whether what is a session by its lineage belongs to a command of the deployment's own: see <see cref="RuntimeCommands"/>.</param>
    public ReadOnlySpan<char> Edge(ProcessInfo process, ProcessInfo? parent, bool isProbe = false)
    {
        Start(ItemKind.Edge);
        if (parent is null)
        {
            Raw("runtime");
        }
        else
        {
            Part(parent.Binary);
        }

        Raw(">");
        Part(process.Binary);
        Raw("@");
        Raw(isProbe && process.Phase == Phase.Session ? "probe" : PhaseName(process.Phase));
        return Finish();
    }

    /// <summary>"/usr/bin/dash>(looks around)@steady": no binary has such a path.</summary>
    public ReadOnlySpan<char> Looks(ProcessInfo parent)
    {
        Start(ItemKind.Edge);
        Part(parent.Binary);
        Raw(">(looks around)@");
        Raw(PhaseName(parent.Phase));
        return Finish();
    }

    /// <param name="root">What the runtime itself started.</param>
    public ReadOnlySpan<char> Command(ProcessInfo root)
    {
        Start(ItemKind.Command);
        Part(root.Binary);
        for (var i = 0; i < root.Arguments.Count; i++)
        {
            Raw("|");
            Part(root.Arguments[i]);
        }

        return Finish();
    }

    public ReadOnlySpan<char> FileWrite(FileObservation file)
    {
        Start(ItemKind.FileWrite);
        Part(file.Process.Binary);
        Raw("|");
        Raw(OperationName(file.Operation));
        if (file.Operation == FileOperation.Xattr)
        {
            Raw(file.RemovedAttribute ? " removed " : " ");
            Part(file.OtherPath);
        }

        if ((file.Flags & FileFlags.RunningProgram) != 0)
        {
            Raw(" running");
        }

        if ((file.Flags & FileFlags.Refused) != 0)
        {
            Raw(" refused");
        }

        Raw("|");
        Part(file.Template.Length > 0 ? file.Template : file.Path);
        Raw("|");
        Raw(ExtensionClass(file.Path));
        return Finish();
    }

    /// <summary>"/usr/bin/rm|remove many||other": whose names they were is told by the items of the single ones.</summary>
    public ReadOnlySpan<char> MassChange(string binary, MassChange change)
    {
        Start(ItemKind.FileWrite);
        Part(binary);
        Raw(change.Ending.Length > 0 ? "|replace many|" : "|remove many|");
        Part(change.Ending);
        Raw("|other");
        return Finish();
    }

    public ReadOnlySpan<char> FileRead(FileObservation file, string sensitiveClass)
    {
        Start(ItemKind.FileRead);
        Part(file.Process.Binary);
        Raw("|");
        Part(sensitiveClass);
        return Finish();
    }

    public ReadOnlySpan<char> Egress(NetworkObservation network, ReadOnlySpan<char> peer, ReadOnlySpan<char> portClass)
    {
        Start(ItemKind.Egress);
        Part(network.Process.Binary);
        Raw("|");
        Part(peer);
        Raw("|");
        Raw(portClass);
        Raw("|");
        Raw(Peers.ProtocolName(network.Protocol));
        return Finish();
    }

    /// <summary>What all egress keys of this program begin with.</summary>
    public ReadOnlySpan<char> EgressPrefix(NetworkObservation network) => Prefix(ItemKind.Egress, network.Process);

    /// <summary>What all names of this program begin with.</summary>
    public ReadOnlySpan<char> NamePrefix(ProcessInfo process) => Prefix(ItemKind.Name, process);

    public ReadOnlySpan<char> Name(ProcessInfo process, ReadOnlySpan<char> name)
    {
        Start(ItemKind.Name);
        Part(process.Binary);
        Raw("|");
        Part(name);
        return Finish();
    }

    /// <summary>A name that stands for many below one domain.</summary>
    public static bool IsManyNames(string fullKey) => fullKey[0] == (char)ItemKind.Name && fullKey.Contains("|*.", StringComparison.Ordinal);

    /// <summary>A runtime's socket, or a socket past TCP and UDP, whose name says all; or a scan, whoever the peers were.</summary>
    public ReadOnlySpan<char> Socket(NetworkObservation network)
    {
        Start(ItemKind.Egress);
        Part(network.Process.Binary);
        Raw("|");
        Part(network.Name);
        Raw(network.Operation switch { NetworkOperation.UnixConnect => "|-|unix", NetworkOperation.Scan => "scan|-|tcp", _ => "|-|socket" });
        return Finish();
    }

    /// <summary>One that <see cref="Socket"/> made, and no peer.</summary>
    public static bool IsSocket(string fullKey) => fullKey.Contains("|-|", StringComparison.Ordinal);

    public ReadOnlySpan<char> Listen(NetworkObservation network, ReadOnlySpan<char> portClass)
    {
        Start(ItemKind.Listen);
        Part(network.Process.Binary);
        Raw("|");
        Raw(portClass);
        Raw("|");
        Raw(Peers.ProtocolName(network.Protocol));
        Raw("|");
        Raw(Peers.BindClass(network.LocalAddress));
        return Finish();
    }

    public ReadOnlySpan<char> TierZero(string rule, string binary)
    {
        Start(ItemKind.TierZero);
        Raw(rule);
        Raw("|");
        Part(binary);
        return Finish();
    }

    public static string PhaseName(Phase phase) => phase switch
    {
        Phase.Init => "init",
        Phase.Steady => "steady",
        Phase.Session => "session",
        Phase.Host => "host",
        _ => "unknown",
    };

    public static string OperationName(FileOperation operation) => operation switch
    {
        FileOperation.Write => "write",
        FileOperation.Create => "create",
        FileOperation.Rename => "rename",
        FileOperation.Unlink => "unlink",
        FileOperation.Link => "link",
        FileOperation.Symlink => "symlink",
        FileOperation.ChmodExecutable => "chmod+x",
        FileOperation.SensitiveRead => "read",
        FileOperation.Truncate => "truncate",
        FileOperation.MapExecutable => "load",
        FileOperation.MapWritable => "map+w",
        FileOperation.Xattr => "xattr",
        FileOperation.Attribute => "chattr",
        FileOperation.MakeNode => "mknod",
        FileOperation.ChmodSpecial => "chmod+s",
        FileOperation.Times => "times",
        FileOperation.SensitiveWrite => "control",
        _ => "unknown",
    };

    /// <summary>What a file can be run as, by its name: "new .php in /uploads" must not hide among the .jpg there.</summary>
    public static string ExtensionClass(string path)
    {
        var dot = path.LastIndexOf('.');
        if (dot < 0 || dot < path.LastIndexOf('/'))
        {
            return "other";
        }

        return path.AsSpan(dot + 1) switch
        {
            "so" => "so",
            "sh" or "bash" => "sh",
            "py" or "pyc" => "py",
            "php" or "phtml" => "php",
            "jsp" or "jspx" or "war" => "jsp",
            "pl" => "pl",
            _ => path.Contains(".so.", StringComparison.Ordinal) ? "so" : "other",
        };
    }

    public ReadOnlySpan<char> Image(string digest)
    {
        Start(ItemKind.Image);
        Part(digest);
        return Finish();
    }

    private ReadOnlySpan<char> Prefix(ItemKind kind, ProcessInfo process)
    {
        Start(kind);
        Part(process.Binary);
        Raw("|");
        return Text;
    }

    private void Start(ItemKind kind)
    {
        _buffer[0] = (char)kind;
        _length = 1;
    }

    private void Raw(ReadOnlySpan<char> text)
    {
        Room(text.Length);
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    private void Part(ReadOnlySpan<char> text)
    {
        var separators = _buffer[0] == (char)ItemKind.Edge ? Arrows : Bars;
        if (text.IndexOfAny(separators) < 0)
        {
            Raw(text);
            return;
        }

        foreach (var character in text)
        {
            if (separators.Contains(character))
            {
                Room(3);
                _buffer[_length++] = '%';
                ((int)character).TryFormat(_buffer.AsSpan(_length), out var written, "X2", CultureInfo.InvariantCulture);
                _length += written;
            }
            else
            {
                Room(1);
                _buffer[_length++] = character;
            }
        }
    }

    private ReadOnlySpan<char> Finish()
    {
        if (_length > MaxLength)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_buffer, 0, _length)).AsSpan(0, 8));
            _length = MaxLength - hash.Length - 1;
            Raw("#");
            Raw(hash);
        }

        return Text;
    }

    private void Room(int more)
    {
        if (_length + more > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}
