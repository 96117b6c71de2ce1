package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every state of the disk that {@code kill -9} can leave while a checkpoint is written, laid out by
 * hand; what a resumed run makes of each is the same.
 */
class HalfWrittenCheckpointTest {
  /** Names of a process that is no more: Linux's numbers end at 2^22, others' at 2^31. */
  private static final String NEW = ".step-9.luthier-99999999999-1.tmp";

  private static final String OLD = ".step-9.luthier-99999999999-2.old";
  private static final String DELETED = ".step-3.luthier-99999999999-3.tmp";
  private static final String PART = ".optimizer.safetensors.luthier-99999999999-4.tmp";

  /** Where the process died. The run's checkpoints are 9 and 10. */
  enum Killed {
    BEFORE_THE_FIRST_FILE {
      @Override
      void leave(Path folder) throws IOException {
        Files.createDirectory(folder.resolve(NEW));
      }
    },
    INSIDE_A_FILE {
      @Override
      void leave(Path folder) throws IOException {
        copy(folder.resolve("step-9"), folder.resolve(NEW));
        Files.delete(folder.resolve(NEW).resolve("checksums.json"));
        Files.delete(folder.resolve(NEW).resolve("state.json"));
        Path whole = folder.resolve(NEW).resolve("optimizer.safetensors");
        cut(whole);
        Files.move(whole, whole.resolveSibling(PART));
      }
    },
    BEFORE_THE_CHECKSUMS {
      @Override
      void leave(Path folder) throws IOException {
        copy(folder.resolve("step-9"), folder.resolve(NEW));
        Files.delete(folder.resolve(NEW).resolve("checksums.json"));
      }
    },
    BEFORE_THE_RENAME {
      @Override
      void leave(Path folder) throws IOException {
        copy(folder.resolve("step-9"), folder.resolve(NEW));
      }
    },
    BETWEEN_THE_TWO_RENAMES_OF_AN_EXCHANGE {
      @Override
      void leave(Path folder) throws IOException {
        copy(folder.resolve("step-9"), folder.resolve(NEW));
        Files.move(folder.resolve("step-9"), folder.resolve(OLD));
      }
    },
    WHILE_THE_EXCHANGED_ONE_WAS_DELETED {
      @Override
      void leave(Path folder) throws IOException {
        copy(folder.resolve("step-9"), folder.resolve(OLD));
        Files.delete(folder.resolve(OLD).resolve("state.json"));
      }
    },
    WHILE_AN_EARLIER_ONE_WAS_DELETED {
      @Override
      void leave(Path folder) throws IOException {
        copy(folder.resolve("step-9"), folder.resolve(DELETED));
        Files.delete(folder.resolve(DELETED).resolve("adapter_model.safetensors"));
      }
    },
    WITH_THE_NEWEST_RENAMED_BUT_NOT_ALL_OF_IT_ON_THE_DISK {
      @Override
      void leave(Path folder) throws IOException {
        cut(folder.resolve("step-10/optimizer.safetensors"));
        cut(folder.resolve("step-10/checksums.json"));
      }
    },
    WITH_THE_NEWEST_RENAMED_AND_EMPTY {
      @Override
      void leave(Path folder) throws IOException {
        for (Path file : list(folder.resolve("step-10"))) {
          Files.delete(file);
        }
      }
    };

    abstract void leave(Path folder) throws IOException;
  }

  @ParameterizedTest
  @EnumSource(Killed.class)
  void the_run_ends_in_the_same_bytes_and_nothing_is_left_over(Killed killed, @TempDir Path temp)
      throws IOException {
    TinyRun run = TinyRun.in(temp);
    TinyRun straight = run.to("straight");
    straight.messages();
    run.stopAfter(10);
    Path folder = run.output().resolve("checkpoints");
    killed.leave(folder);
    run.messages();
    assertThat(run.result()).isEqualTo(straight.result());
    assertThat(run.steps()).isEqualTo(12);
    assertThat(list(folder)).noneMatch(p -> p.getFileName().toString().startsWith("."));
  }

  @Test
  void metrics_of_steps_that_are_made_again_and_a_line_cut_off_are_dropped(@TempDir Path temp)
      throws IOException {
    TinyRun run = TinyRun.in(temp).stopAfter(10);
    Path metrics = run.output().resolve("metrics.jsonl");
    List<String> before = Files.readAllLines(metrics);
    Files.writeString(metrics, "{\"step\":11,\"loss\":1}\n{\"step\":3", StandardOpenOption.APPEND);
    run.messages();
    List<String> after = Files.readAllLines(metrics);
    assertThat(after).hasSize(12).startsWith(before.toArray(String[]::new));
    assertThat(after.get(10)).startsWith("{\"step\":11,\"epoch\"");
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    for (Path file : list(from)) {
      Files.copy(file, to.resolve(file.getFileName()));
    }
  }

  private static void cut(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }
}
