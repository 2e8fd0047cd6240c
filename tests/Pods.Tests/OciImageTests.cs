using System.Security.Cryptography;

namespace Runtime.Pods.Tests;

public sealed class OciImageTests
{
    [Fact]
    public void Archive_OfEqualEntries_IsEqual()
    {
        Assert.Equal(DigestOf("<h1>shop</h1>"), DigestOf("<h1>shop</h1>"));
        Assert.NotEqual(DigestOf("<h1>shop</h1>"), DigestOf("<h1>Shop</h1>"));
    }

    private static string DigestOf(string page)
    {
        var path = Path.GetTempFileName();
        try
        {
            new OciImage("localhost/page", "1", [[ImageEntry.Folder("/srv"), ImageEntry.File("/srv/index.html", page), ImageEntry.Link("/srv/home", "index.html")]]).WriteArchive(path);
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
