using Runtime.Agent.Capture;
using Runtime.Agent.Interop;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

public sealed class OverlayTests
{
    [Fact]
    public void UpperDentry_OfTheRunningKernel_IsRightBehindTheInode()
    {
        using var types = KernelTypes.Load();
        Assert.SkipWhen(types is null, "this kernel was built without types");
        using var module = types.OfModule("overlay");
        var overlay = module ?? types;
        Assert.SkipWhen(overlay.SizeOf("ovl_inode") is null, "overlayfs is not loaded, or its module has no types");

        // What the types say, and what is taken where there are none.
        Assert.Equal(types.SizeOf("inode"), overlay.OffsetOf("ovl_inode", "__upperdentry") - overlay.OffsetOf("ovl_inode", "vfs_inode"));
        Assert.Equal((long?)types.SizeOf("inode"), BpfPrograms.OverlayUpper(types, overlay));
    }

    [Fact]
    public void State_KnownOrNot_IsListedUnderOneName()
    {
        Assert.True(BpfPrograms.OverlayState(608) is { Name: "overlay", Attached: true, Reason: "" });

        var unknown = BpfPrograms.OverlayState(0);
        Assert.Equal(("overlay", false), (unknown.Name, unknown.Attached));
        Assert.Contains("overlayfs", unknown.Reason, StringComparison.Ordinal);
        Assert.Contains("container's image", unknown.Loses, StringComparison.Ordinal);
    }
}
