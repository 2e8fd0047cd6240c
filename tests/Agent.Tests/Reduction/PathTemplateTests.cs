using System.Text;
using CsCheck;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

public sealed class PathTemplateTests
{
    private const string Hex64 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    // literal
    [InlineData("/var/log/nginx/access.log", "/var/log/nginx/access.log")]
    [InlineData("/", "/")]
    [InlineData("", "")]
    [InlineData("relative/file", "relative/file")]
    [InlineData("//a//b/", "//a//b/")]
    [InlineData("/srv/deadbeef/facade", "/srv/deadbeef/facade")]
    [InlineData("/srv/mp4/h264/utf8", "/srv/mp4/h264/utf8")]
    // uuid
    [InlineData("/data/550e8400-e29b-41d4-a716-446655440000/x", "/data/<uuid>/x")]
    [InlineData("/data/pre-550e8400-e29b-41d4-a716-446655440000.json", "/data/pre-<uuid>.json")]
    [InlineData("/data/550e8400_e29b_41d4_a716_446655440000", "/data/<uuid>")]
    [InlineData("/data/550e8400-e29b-41d4-a716-44665544000", "/data/<hex8>-e29b-41d4-a716-<int>")]
    // hexN
    [InlineData("/c/3f2a9c77", "/c/<hex8>")]
    [InlineData("/c/3f2a9c77b1d0", "/c/<hex12>")]
    [InlineData("/c/3f2a9c77b1d03f2a", "/c/<hex16>")]
    [InlineData("/c/d41d8cd98f00b204e9800998ecf8427e", "/c/<hex32>")]
    [InlineData("/c/da39a3ee5e6b4b0d3255bfef95601890afd80709.pack", "/c/<hex40>.pack")]
    [InlineData("/c/" + Hex64, "/c/<hex64>")]
    [InlineData("/c/3f2a9c7", "/c/<rand>")]
    // date
    [InlineData("/l/2026-11-23.log", "/l/<date>.log")]
    [InlineData("/l/app-20261123.log", "/l/app-<date>.log")]
    [InlineData("/l/20261123054829", "/l/<date>")]
    [InlineData("/l/2026-11-23T05:48:29.123Z.gz", "/l/<date>.gz")]
    [InlineData("/l/2026_11_23_05", "/l/<date>_<int>")]
    [InlineData("/l/20261323", "/l/<int>")]
    // ts
    [InlineData("/l/1763877709", "/l/<ts>")]
    [InlineData("/l/1763877709123", "/l/<ts>")]
    [InlineData("/l/1763877709.8231", "/l/<ts>.<int>")]
    // ver
    [InlineData("/srv/app-1.25.3/run", "/srv/app-<ver>/run")]
    [InlineData("/srv/v2.0/x", "/srv/<ver>/x")]
    [InlineData("/srv/1.2b/x", "/srv/<int>.2b/x")]
    // int
    [InlineData("/srv/part-00017", "/srv/part-<int>")]
    [InlineData("/srv/7", "/srv/<int>")]
    [InlineData("/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib/x86_64-linux-gnu/libssl.so.3")]
    [InlineData("/usr/share/12345", "/usr/share/<int>")]
    // b64
    [InlineData("/c/dGhpcyBpcyBhIHNlY3JldA==", "/c/<b64>")]
    [InlineData("/c/ZZZZZZZZZZZZZZZa1", "/c/ZZZZZZZZZZZZZZZa1")]
    // rand
    [InlineData("/tmp/tmp.Xk3f9Qa1bZ/run.sh", "/tmp/tmp.<rand>/run.sh")]
    [InlineData("/tmp/tmpAb3dEf", "/tmp/tmp<rand>")]
    [InlineData("/tmp/tmpq_8x0abc", "/tmp/tmp<rand>")]
    [InlineData("/tmp/tmpq_8x0abc.py", "/tmp/tmp<rand>.py")]
    [InlineData("/tmp/tmp.conf", "/tmp/tmp.conf")]
    [InlineData("/tmp/tmpfiles", "/tmp/tmpfiles")]
    [InlineData("/tmp/x7q2k9", "/tmp/<rand>")]
    [InlineData("/tmp/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/tmp/<rand>")]
    // temporary names: gcc, ar and strip, sed -i, sort, PHP's uploads, tmpfile(3)
    [InlineData("/tmp/ccIz9iRW.s", "/tmp/cc<rand>.s")]
    [InlineData("/tmp/ccThpUFB.cdtor.o", "/tmp/cc<rand>.cdtor.o")]
    [InlineData("/tmp/ccabcdef.res", "/tmp/cc<rand>.res")]
    [InlineData("/tmp/cc12abef.ld", "/tmp/cc<rand>.ld")]
    [InlineData("/tmp/ccache", "/tmp/ccache")]
    [InlineData("/tmp/ccontrol", "/tmp/ccontrol")]
    [InlineData("/tmp/ccminer1", "/tmp/ccminer1")]
    [InlineData("/srv/ccontrol.c", "/srv/ccontrol.c")]
    [InlineData("/var/tmp/build/stgURJXk", "/var/tmp/build/st<rand>")]
    [InlineData("/var/tmp/build/st3k9aqz", "/var/tmp/build/st<rand>")]
    [InlineData("/var/tmp/build/stgw46qz", "/var/tmp/build/st<rand>")]
    [InlineData("/srv/app/tmp/stZZfoo9", "/srv/app/tmp/st<rand>")]
    [InlineData("/tmp/stdout01", "/tmp/stdout01")]
    [InlineData("/tmp/stresses", "/tmp/stresses")]
    [InlineData("/tmp/stresses.o", "/tmp/stresses.o")]
    [InlineData("/srv/app/sedJ4kx2P", "/srv/app/sed<rand>")]
    [InlineData("/etc/sedJ4kx2P", "/etc/sed<rand>")]
    [InlineData("/tmp/sortXk3f9Q", "/tmp/sort<rand>")]
    [InlineData("/tmp/phpAb3dEf", "/tmp/php<rand>")]
    [InlineData("/tmp/filejTwRga", "/tmp/file<rand>")]
    [InlineData("/srv/app/fileSystem", "/srv/app/fileSystem")]
    [InlineData("/tmp/phpConfig", "/tmp/phpConfig")]
    // six or ten behind a separator
    [InlineData("/tmp/.ZendSem.JeTe2D", "/tmp/.ZendSem.<rand>")]
    [InlineData("/tmp/.ZendSem.RZhlb5", "/tmp/.ZendSem.<rand>")]
    [InlineData("/tmp/.ZendSem.fbSjjd", "/tmp/.ZendSem.<rand>")]
    [InlineData("/tmp/.ZendSem.C5KEQD", "/tmp/.ZendSem.<rand>")]
    [InlineData("/tmp/.ZendSem.config", "/tmp/.ZendSem.config")]
    [InlineData("/tmp/.ZendSem.node01", "/tmp/.ZendSem.node01")]
    [InlineData("/tmp/.OtherSem.fbSjjd", "/tmp/.OtherSem.fbSjjd")]
    [InlineData("/tmp/rtp-pUwRga/state", "/tmp/rtp-<rand>/state")]
    [InlineData("/dev/shm/sem.kXfQqa", "/dev/shm/sem.<rand>")]
    [InlineData("/var/lib/app/.state.RZhlb5", "/var/lib/app/.state.<rand>")]
    [InlineData("/var/lib/app/.state.pUwRga", "/var/lib/app/.state.pUwRga")]
    [InlineData("/tmp/report.Xk3f9Qa1bZ", "/tmp/report.<rand>")]
    [InlineData("/tmp/report.XkffQQabZZ", "/tmp/report.<rand>")]
    [InlineData("/tmp/report.XkffQQa", "/tmp/report.XkffQQa")]
    [InlineData("/tmp/report-Xk3f9Q.txt", "/tmp/report-<rand>.txt")]
    [InlineData("/tmp/report-kXfQqa-b", "/tmp/report-kXfQqa-b")]
    [InlineData("/tmp/report-kXfQqa.txt", "/tmp/report-<rand>.txt")]
    [InlineData("/usr/share/cmake/lib-Qt5Gui", "/usr/share/cmake/lib-Qt5Gui")]
    [InlineData("/tmp/Xk3f9Q", "/tmp/<rand>")]
    [InlineData("/tmp/XkffQQ", "/tmp/XkffQQ")]
    [InlineData("/tmp/app-Config", "/tmp/app-Config")]
    [InlineData("/tmp/app.fooBar", "/tmp/app.fooBar")]
    [InlineData("/tmp/app.FooB12", "/tmp/app.<rand>")]
    [InlineData("/tmp/app.FoBa12", "/tmp/app.FoBa12")]
    [InlineData("/tmp/app.XMLdoc", "/tmp/app.XMLdoc")]
    [InlineData("/tmp/app.docXML", "/tmp/app.docXML")]
    [InlineData("/tmp/job-node01", "/tmp/job-node01")]
    [InlineData("/tmp/app.README", "/tmp/app.README")]
    [InlineData("/tmp/app.UTF8BE", "/tmp/app.UTF8BE")]
    [InlineData("/tmp/app.mp3tag", "/tmp/app.mp3tag")]
    // a random number's length varies
    [InlineData("/dev/shm/PostgreSQL.3141592653", "/dev/shm/PostgreSQL.<int>")]
    [InlineData("/dev/shm/PostgreSQL.1763877709", "/dev/shm/PostgreSQL.<int>")]
    [InlineData("/dev/shm/PostgreSQL.20261123", "/dev/shm/PostgreSQL.<int>")]
    [InlineData("/dev/mqueue/1763877709", "/dev/mqueue/<ts>")]
    [InlineData("/l/4294967295", "/l/<int>")]
    [InlineData("/tmp/go-build1234567890/b001", "/tmp/go-build<int>/b001")]
    [InlineData("/tmp/jna4839201745839201745.tmp", "/tmp/jna<int>.tmp")]
    [InlineData("/usr/share/doc/libabsl20220623", "/usr/share/doc/libabsl20220623")]
    [InlineData("/tmp/cvlc1234567", "/tmp/cvlc1234567")]
    [InlineData("/tmp/vol2x12345678", "/tmp/<rand>")]
    [InlineData("/tmp/12345678go", "/tmp/12345678go")]
    // places
    [InlineData("/proc/4711/environ", "/proc/<other>/environ")]
    [InlineData("/proc/self/environ", "/proc/self/environ")]
    [InlineData("/proc/4711/task/4712/fd/17", "/proc/<other>/task/<tid>/fd/<n>")]
    [InlineData("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/core_pattern")]
    [InlineData("/srv/proc/4711", "/srv/proc/<int>")]
    [InlineData("/dev/pts/3", "/dev/pts/<n>")]
    [InlineData("/sys/fs/cgroup/docker/" + Hex64 + "/cpu.max", "/sys/fs/cgroup/docker/<container>/cpu.max")]
    [InlineData("/sys/fs/cgroup/kubepods/burstable/pod550e8400-e29b-41d4-a716-446655440000/x", "/sys/fs/cgroup/kubepods/burstable/pod<uuid>/x")]
    [InlineData("/var/run/secrets/kubernetes.io/serviceaccount/..2026_11_23_05_48_29.123456789/token", "/var/run/secrets/kubernetes.io/serviceaccount/..<ts>/token")]
    [InlineData("/var/lib/docker/overlay2/l/6Y5IM2XC7TSNIJZZFLJCS6I4I4", "/var/lib/docker/overlay2/l/<rand>")]
    [InlineData("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/42/fs", "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/<int>/fs")]
    [InlineData("/var/log/pods/shop_web-5d9c7b8f6d-x2x9z_550e8400-e29b-41d4-a716-446655440000/web/0.log", "/var/log/pods/shop_web-<rs>-<rand>_<uuid>/web/<int>.log")]
    [InlineData("/var/lib/kubelet/pods/x/volumes/kube-api-access-x2x9z/token", "/var/lib/kubelet/pods/x/volumes/kube-api-access-<rand>/token")]
    // the extension says what a file is
    [InlineData("/var/lib/rabbitmq/mnesia/rabbit@mq-5d9c7b8f6d-hhpcz-feature_flags", "/var/lib/rabbitmq/mnesia/rabbit@mq-<rs>-<rand>-feature_flags")]
    [InlineData("/var/lib/rabbitmq/mnesia/rabbit@mq-5d9c7b8f6d-hhpcz49575246847780.BUPTMP", "/var/lib/rabbitmq/mnesia/rabbit@mq-<rs>-<rand><int>.BUPTMP")]
    [InlineData("/var/lib/rabbitmq/mnesia/rabbit@mq-fjlqts27kw-6dbsf49575246847780", "/var/lib/rabbitmq/mnesia/rabbit@mq-<rs>-<rand><int>")]
    [InlineData("/var/lib/app/web-bcdfghjk-lmnpqrs", "/var/lib/app/web-bcdfghjk-lmnpqrs")]
    [InlineData("/tmp/#12133778", "/tmp/#<inode>")]
    [InlineData("/tmp/#1", "/tmp/#<inode>")]
    [InlineData("/tmp/#", "/tmp/#")]
    [InlineData("/tmp/#1a", "/tmp/#1a")]
    [InlineData("/up/3f2a9c77b1d03f2a9c77b1d03f2a9c77.php", "/up/<hex32>.php")]
    [InlineData("/up/3f2a9c77b1d03f2a9c77b1d03f2a9c77.jpg", "/up/<hex32>.jpg")]
    [InlineData("/up/x7q2k9.so", "/up/<rand>.so")]
    public void Write_Path_IsTyped(string path, string expected) => Assert.Equal(expected, Template(path));

    [Theory]
    [InlineData(ProcOwner.Self, "/proc/self/mem")]
    [InlineData(ProcOwner.Child, "/proc/<child>/mem")]
    [InlineData(ProcOwner.Other, "/proc/<other>/mem")]
    internal void Write_PathOfAProcess_SaysWhose(ProcOwner owner, string expected) => Assert.Equal(expected, Template("/proc/4711/mem", owner));

    [Theory]
    [InlineData("/proc/4711/mem", true, 4711u)]
    [InlineData("/proc/4711", true, 4711u)]
    [InlineData("/proc/4711x/mem", false, 0u)]
    [InlineData("/proc/self/mem", false, 0u)]
    [InlineData("/srv/4711", false, 0u)]
    [InlineData("/proc/99999999999/mem", false, 0u)]
    public void TryProcPid_Path_AnswersItsPid(string path, bool expected, uint pid)
    {
        Assert.Equal(expected, PathTemplate.TryProcPid(Encoding.UTF8.GetBytes(path), out var found));
        if (expected)
            Assert.Equal(pid, found);
    }

    [Fact]
    public void Write_InvalidUtf8AndControlCharacters_AreKept()
    {
        byte[] path = [(byte)'/', 0xff, (byte)'\n', (byte)'a'];
        var output = new byte[64];
        Assert.Equal(path, output[..PathTemplate.Write(path, ProcOwner.Other, output)]);
    }

    [Fact]
    public void Write_LongestGrowth_IsCutAtWhatACollectorTakes()
    {
        var path = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("/1", 2048)));
        var output = new byte[PathTemplate.MaxLength];
        Assert.Equal(8192, PathTemplate.Write(path, ProcOwner.Other, output));
    }

    [Fact]
    public void Write_SmallOutput_IsCut()
    {
        var output = new byte[5];
        Assert.Equal(5, PathTemplate.Write("/abcdefgh"u8, ProcOwner.Other, output));
        Assert.Equal("/abcd"u8.ToArray(), output);
    }

    [Fact]
    public void Write_AnyBytes_NeverFailsAndKeepsTheSlashes() =>
        Gen.OneOf(Gen.Const((byte)'/'), Gen.Const((byte)'-'), Gen.Const((byte)'.'), Gen.Const((byte)'7'), Gen.Const((byte)'f'), Gen.Byte).Array[0, 4096]
            .Sample(
                path =>
                {
                    var output = new byte[PathTemplate.MaxLength];
                    var length = PathTemplate.Write(path, ProcOwner.Other, output);
                    if (length < PathTemplate.MaxLength)
                        Assert.Equal(path.Count(b => b == '/'), output.AsSpan(0, length).Count((byte)'/'));
                },
                iter: 2000);

    [Fact]
    public void Write_KnownPaths_AllocatesNothing()
    {
        var path = Encoding.ASCII.GetBytes("/var/tmp/3f2a9c77b1d0/tmp.Xk3f9Qa1bZ/.ZendSem.RZhlb5/ccIz9iRW.s/dGhpcyBpcyBhIHNlY3JldA==/1.2.3/part-7.log");
        var output = new byte[PathTemplate.MaxLength];
        PathTemplate.Write(path, ProcOwner.Other, output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            PathTemplate.Write(path, ProcOwner.Other, output);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static string Template(string path, ProcOwner owner = ProcOwner.Other)
    {
        var output = new byte[PathTemplate.MaxLength];
        return Encoding.UTF8.GetString(output, 0, PathTemplate.Write(Encoding.UTF8.GetBytes(path), owner, output));
    }
}
