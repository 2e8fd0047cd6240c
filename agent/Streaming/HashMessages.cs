using Google.Protobuf;
using Runtime.Agent.Binaries;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>What nodes share of files' contents, on the wire.</summary>
internal static class HashMessages
{
    private const int Sha256Bytes = 32;

    public static FileHashes Of(IEnumerable<SharedNote> notes)
    {
        var message = new FileHashes();
        foreach (var note in notes)
        {
            message.Files.Add(new FileHash
            {
                ImageDigest = note.File.ImageDigest,
                Path = ByteString.CopyFrom(note.File.Path),
                Size = note.File.Size,
                ModifiedUnixNs = note.File.ModifiedNs,
                Question = note.Question,
                Sha256 = ByteString.CopyFrom(note.Sha256),
            });
        }
        return message;
    }

    /// <summary>A hash of another length is none.</summary>
    public static IEnumerable<SharedAnswer> AnswersOf(HashAnswers message) =>
        message.Answers.Select(answer => new SharedAnswer(answer.Question, answer.Sha256.Length == Sha256Bytes ? answer.Sha256.ToByteArray() : [], answer.Confirmed));
}
