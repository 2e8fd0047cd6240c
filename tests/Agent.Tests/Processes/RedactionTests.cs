using System.Text;
using CsCheck;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Processes;

public sealed class RedactionTests
{
    private static readonly Redaction Redaction = new([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    // Arguments are parted by '␀' here; a secret stands between « and ».
    [Theory]
    [InlineData("tool␀--password=«hunter2»␀--verbose")]
    [InlineData("tool␀--password␀«hunter2»␀--verbose")]
    [InlineData("tool␀--password␀«two words»␀--verbose")]
    [InlineData("tool␀--password=«two words»␀--verbose")]
    [InlineData("tool␀--password=«a&b;c(d|e»␀x")]
    [InlineData("tool␀--password␀--host␀db1")]
    [InlineData("tool␀--password=␀db1")]
    [InlineData("tool␀--db-password=«x»␀--api-key=«y»␀--client-secret␀«z»␀--auth-token=«t»")]
    [InlineData("tool␀--token-file=/run/token␀--password-stdin␀--secret-name=db␀--private-key-file␀/etc/k.pem")]
    [InlineData("tool␀-password␀«x»")]
    [InlineData("env␀PGPASSWORD=«hunter2»␀MYSQL_PWD=«p»␀PWD=/root␀OLDPWD=/tmp␀psql")]
    [InlineData("mysql␀-u␀root␀-p«hunter2»␀shop")]
    [InlineData("/usr/bin/mysqldump␀-p␀«hunter2»")]
    [InlineData("mkdir␀-p␀/var/lib/x")]
    [InlineData("docker␀run␀-p␀8080:80␀nginx")]
    [InlineData("docker␀login␀-u␀me␀-p␀«hunter2»␀registry")]
    [InlineData("redis-cli␀-a␀«hunter2»␀ping")]
    [InlineData("sshpass␀-p«hunter2»␀ssh␀host")]
    [InlineData("curl␀-u␀user:«hunter2»␀https://host/")]
    [InlineData("curl␀-uuser:«hunter2»␀https://host/")]
    [InlineData("curl␀-H␀Authorization: Bearer «abc.def»␀https://host/")]
    [InlineData("curl␀-H␀Authorization: Basic «dXNlcjpwYXNz»␀https://host/")]
    [InlineData("curl␀--header=X-Api-Key: «k1»␀https://host/")]
    [InlineData("curl␀-H␀Cookie: «a=b; c=d»␀https://host/")]
    [InlineData("git␀clone␀https://user:«hunter2»@host/x.git")]
    [InlineData("git␀clone␀https://user:«p/q@r»@host/x.git")]
    [InlineData("git␀clone␀https://host:8443/a@b/x.git")]
    [InlineData("psql␀postgres://me:«s3cret»@db:5432/shop?sslmode=require")]
    [InlineData("wget␀https://host/a?x=1&token=«abc»&y=2")]
    [InlineData("tool␀{\"user\":\"me\",\"password\":\"«x»\",\"n\":1}")]
    [InlineData("tool␀{\"user\": \"me\", \"password\": \"«x\",» \"n\": 1}")]
    [InlineData("sh␀-c␀mysql -uroot -p«hunter2» shop; mkdir -p /tmp/x")]
    [InlineData("sh␀-c␀PASSWORD=«hunter2» exec app --port 80")]
    [InlineData("sh␀-c␀curl -H \"Authorization: Bearer «abc»\" https://host")]
    [InlineData("sh␀-c␀app --password='«my pass»' --port 80")]
    [InlineData("aws␀configure␀«AKIAIOSFODNN7EXAMPLE»")]
    [InlineData("tool␀«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl»␀x")]
    [InlineData("tool␀«ghp_0123456789abcdefghijABCDEFGHIJ012345»")]
    [InlineData("tool␀--key␀«0123456789abcdef0123456789abcdef»␀--key␀/etc/ssl/key.pem")]
    [InlineData("tool␀--key=«QWxhZGRpbjpvcGVuIHNlc2FtZTEyMw==»")]
    [InlineData("tool␀-----BEGIN RSA PRIVATE KEY-----«MIIE»")]
    [InlineData("nginx␀-g␀daemon off;")]
    [InlineData("bypass␀--compass=north␀--author=me␀keyboard=us␀author: me")]
    [InlineData("")]
    public void Redact_Table_ReplacesExactlyTheSecrets(string marked)
    {
        var input = marked.Replace("«", "", StringComparison.Ordinal).Replace("»", "", StringComparison.Ordinal).Replace('␀', '\0');
        var expected = new StringBuilder();
        for (var rest = marked.Replace('␀', '\0'); rest.Length > 0;)
        {
            var open = rest.IndexOf('«', StringComparison.Ordinal);
            if (open < 0)
            {
                expected.Append(rest);
                break;
            }
            var close = rest.IndexOf('»', StringComparison.Ordinal);
            expected.Append(rest, 0, open).Append(Redaction.Placeholder(rest[(open + 1)..close].Trim('"', ',')));
            rest = rest[(close + 1)..];
        }
        var actual = Encoding.UTF8.GetString(Redaction.Redact(Encoding.UTF8.GetBytes(input), out var truncated));
        // A value of JSON between blanks takes its quote and comma along; the table writes only its text.
        Assert.Equal(Plain(expected.ToString()), Plain(actual));
        Assert.False(truncated);

        static string Plain(string text) => text.Contains("\": \"", StringComparison.Ordinal) ? System.Text.RegularExpressions.Regex.Replace(text, "\"?<redacted:[0-9a-f]{8}>", "<redacted>") : text;
    }

    [Fact]
    public void Redact_EqualSecrets_MatchAndAnotherSaltDoesNot()
    {
        var a = Text(Redaction, "a\0--token=secret1");
        var b = Text(Redaction, "b\0--other-token=secret1");
        Assert.Equal(a[a.IndexOf('<', StringComparison.Ordinal)..], b[b.IndexOf('<', StringComparison.Ordinal)..]);
        Assert.NotEqual(a, Text(Redaction.WithRandomSalt(), "a\0--token=secret1"));
    }

    [Fact]
    public void Redact_TooLong_IsCutAndSaysSo()
    {
        var output = Redaction.Redact(Encoding.UTF8.GetBytes("x\0" + new string('a', 200_000)), out var truncated);
        Assert.True(truncated);
        Assert.Equal(Redaction.MaxLength, output.Length);
    }

    [Fact]
    public void Redact_GrowingOutput_StaysBounded()
    {
        var output = Redaction.Redact(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("pw=x\0", 800))), out var truncated);
        Assert.True(truncated);
        Assert.Equal(Redaction.MaxLength, output.Length);
    }

    [Fact]
    public void Redact_AnyBytes_NeverThrowsNorGrows() =>
        Gen.Byte.Array[0, 6000].Sample(bytes => Redaction.Redact(bytes, out _).Length <= Redaction.MaxLength);

    [Fact]
    public void Redact_AnyJoinOfTrickyPieces_NeverThrowsNorGrows() =>
        Gen.OneOf("--password", "=", ":", "\"", "'", "`", " ", "\0", "://", "@", "eyJ", ".", "Bearer", "Authorization", "mysql", "-p", "curl", "-u", ";", "{", "-----BEGIN ", "PRIVATE KEY-----", "AKIA", "cookie", "\\", "-", "/", "8080")
            .List[0, 60].Sample(pieces => Redaction.Redact(Encoding.UTF8.GetBytes(string.Concat(pieces)), out _).Length <= Redaction.MaxLength, iter: 20_000);

    [Fact]
    public void Redact_PlantedSecret_NeverSurvives()
    {
        var secret = "Zq7SecretValue9x";
        Gen.Select(
            Gen.OneOf("app", "sh\0-c", "mysql", "curl\0-s"),
            Gen.OneOf($"--password={secret}", $"--password\0{secret}", $"DB_PASSWORD={secret}", $"--api-token={secret}", $"https://u:{secret}@h/x", $"Authorization: Bearer {secret}"),
            Gen.String[Gen.Char['a', 'z'], 0, 20]).Sample((tool, planted, tail) =>
                !Text(Redaction, $"{tool}\0{planted}\0{tail}").Contains(secret, StringComparison.Ordinal));
    }

    private static string Text(Redaction redaction, string arguments) => Encoding.UTF8.GetString(redaction.Redact(Encoding.UTF8.GetBytes(arguments), out _));
}
