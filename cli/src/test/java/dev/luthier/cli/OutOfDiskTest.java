package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.luthier.format.Checksums;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The system takes only part of a checkpoint, in processes of their own. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs ulimit -f, or a small tmpfs")
class OutOfDiskTest {
  @TempDir private Path temp = Path.of("");

  @Test
  void a_file_that_may_not_grow_stops_the_run_with_its_checkpoints_intact() throws Exception {
    TinyRun run = TinyRun.in(temp);
    TinyRun straight = run.to("straight");
    straight.messages();
    run.stopAfter(4);
    long bytes = Files.size(run.checkpoint(3).resolve("adapter_model.safetensors"));

    // Half of the weights go in, whether the shell counts in blocks of 512 bytes or of 1,024.
    List<String> limited = List.of("sh", "-c", "ulimit -f " + bytes / 2048 + "; exec \"$@\"", "sh");
    assertThat(TinyRun.code(run.start(limited, true))).as(run.errors()).isEqualTo(1);

    assertThat(run.errors())
        .contains("error: " + run.checkpoint(6).resolve("adapter_model.safetensors"))
        .contains(" cannot be written: File too large. What stood there before is unchanged.")
        .contains(" A checkpoint takes ")
        .contains("; the last good checkpoint is " + run.checkpoint(4) + ". Repeat the command")
        .contains("See docs/troubleshooting.md#disk-full");
    assertThat(run.checkpoints()).containsExactly("step-3", "step-4");
    assertThat(Checksums.damage(run.checkpoint(3))).isEmpty();
    assertThat(Checksums.damage(run.checkpoint(4))).isEmpty();
    run.messages();
    assertThat(run.result()).isEqualTo(straight.result());
  }

  @Test
  void a_full_disk_is_foretold_stops_the_run_and_is_forgotten_once_there_is_room()
      throws Exception {
    // Large enough that a checkpoint's headers do not count beside its tensors.
    TinyRun run = TinyRun.in(temp, "lora.rank=32");
    TinyRun straight = run.to("straight");
    straight.messages();
    Files.createDirectory(temp.resolve("disk"));
    assumeThat(inNamespace("mount -t tmpfs tmpfs disk", List.of()))
        .as("no disk is filled here: unshare and mount cannot make a small tmpfs; see probe.txt")
        .isZero();
    TinyRun small = run.to("disk/run");
    // Room for the two checkpoints that stay, run.json and metrics, and half of a third.
    long kilobytes = 5 * size(straight.checkpoint(9)) / 2048 + 24;
    String script =
        """
        mount -t tmpfs -o size=%dk tmpfs disk || exit 90
        "$@" 2>full.txt
        echo $? >code.txt
        ls -A disk/run/checkpoints >left.txt
        mount -o remount,size=64m disk || exit 91
        "$@" --resume 2>room.txt || exit 92
        cp disk/run/adapter_model.safetensors result.safetensors
        """;

    assertThat(inNamespace(String.format(script, kilobytes), small.command(false)))
        .as(Files.readString(temp.resolve("full.txt")))
        .isZero();

    assertThat(temp.resolve("code.txt")).hasContent("1");
    assertThat(temp.resolve("full.txt"))
        .content()
        .containsPattern("warning: a checkpoint takes [0-9,]+ bytes, up to 3 stand at once")
        .contains("saved " + small.checkpoint(6))
        .contains("error: " + small.checkpoint(9))
        .containsPattern(
            "No space left on device\\. .* It needs [0-9,]+ bytes and the disk has [0-9,]+")
        .contains("; the last good checkpoint is " + small.checkpoint(6) + ". Repeat the command")
        .contains("See docs/troubleshooting.md#disk-full");
    assertThat(temp.resolve("left.txt")).hasContent("step-3\nstep-6");
    assertThat(temp.resolve("room.txt")).content().doesNotContain("warning");
    assertThat(temp.resolve("result.safetensors")).hasBinaryContent(straight.result());
  }

  /** Runs a script that may mount, with these words as its arguments. */
  private int inNamespace(String script, List<String> words) throws Exception {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("sh", "-c", "exec unshare --map-root-user --mount sh -c \"$0\" sh \"$@\""));
    all.add(script);
    all.addAll(words);
    Process process =
        new ProcessBuilder(all)
            .directory(temp.toFile())
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve("probe.txt").toFile())
            .start();
    return TinyRun.code(process);
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toFile).mapToLong(File::length).sum();
    }
  }
}
