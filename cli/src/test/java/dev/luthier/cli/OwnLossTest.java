package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models learn by losses that users wrote, in source files and jars. */
class OwnLossTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path EXAMPLES = Path.of("..", "examples", "losses");

  /** What {@code sft} minimises without one. */
  private static final String CROSS_ENTROPY =
      """
      import dev.luthier.train.LabelTokens;
      import dev.luthier.train.Objective;
      import org.bytedeco.pytorch.Tensor;

      public class Mine implements Objective {
        @Override
        public Loss loss(Tensor logProbs, LabelTokens labels) {
          return Objective.crossEntropy().loss(logProbs, labels);
        }

        @Override
        public boolean isTokenSum() {
          return true;
        }
      }
      """;

  /** DPO's own loss, by its formula. */
  private static final String SIGMOID =
      """
      import dev.luthier.train.preference.PairLoss.Graded;
      import dev.luthier.train.preference.PairTerm;

      public class Mine implements PairTerm {
        @Override
        public Graded of(Scored chosen, Scored rejected) {
          double z = 0.1 * (chosen.sum() - chosen.reference()
              - (rejected.sum() - rejected.reference()));
          double slope = SIGN * 0.1 / (1 + Math.exp(z));
          return new Graded(Math.log1p(Math.exp(-z)), slope, -slope);
        }

        @Override
        public double reward(Scored answer) {
          return 0.1 * (answer.sum() - answer.reference());
        }

        @Override
        public boolean hasReference() {
          return true;
        }

        private static final double SIGN = -1;
      }
      """;

  /** The clipped loss; and a class beside it, so that one has to be named. */
  private static final String CLIPPED =
      """
      package mine;

      import dev.luthier.train.policy.ClippedLoss;
      import dev.luthier.train.policy.PolicyLoss;
      import dev.luthier.train.policy.PolicySettings;

      public class Clipped implements PolicyLoss {
        @Override
        public Graded of(Tokens answer, PolicySettings settings) {
          return new ClippedLoss().of(answer, settings);
        }

        public static class Nothing implements PolicyLoss {
          @Override
          public Graded of(Tokens answer, PolicySettings settings) {
            return new Graded(0, new double[answer.count()]);
          }
        }
      }
      """;

  @TempDir private static Path shared = Path.of("");
  private static Path model = Path.of("");
  private static Path rows = Path.of("");
  private static Path pairs = Path.of("");

  @TempDir private Path temp = Path.of("");

  @BeforeAll
  static void make() throws IOException {
    model = TinyModels.pretrained(shared);
    rows = TinyModels.rows(shared.resolve("rows.jsonl"), 12);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      lines.add(
          "{\"prompt\":\"Say %d.\",\"chosen\":\"the cat %d\",\"rejected\":\"a dog %d\"}"
              .formatted(i, i, i));
    }
    pairs = Files.write(shared.resolve("pairs.jsonl"), lines);
  }

  private Cli run(String verb, String name, String... more) {
    Path data = verb.equals("sft") ? rows : pairs;
    List<String> words = new ArrayList<>(List.of(verb, "--model", model.toString()));
    words.addAll(List.of("--data", data.toString()));
    words.addAll(List.of("--output", temp.resolve(name).toString()));
    words.addAll(List.of("--set", "data.maxLength=128", "--set", "train.microBatchSize=2"));
    words.addAll(List.of("--set", "train.maxSteps=6", "--set", "lora.rank=4"));
    words.addAll(List.of("--set", "train.learningRate=5e-3"));
    if (verb.equals("grpo")) {
      words.addAll(List.of("--reward-regex", ".*[aeiou].*", "--set", "rollout.prompts=4"));
      words.addAll(List.of("--set", "rollout.maxNewTokens=6", "--set", "loss.epochs=2"));
    }
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private Path weights(String name) {
    return temp.resolve(name).resolve("adapter_model.safetensors");
  }

  private double loss(String name, int line) throws IOException {
    JsonNode at =
        JSON.readTree(Files.readAllLines(temp.resolve(name).resolve("metrics.jsonl")).get(line));
    return at.get("loss").asDouble();
  }

  private Path source(String text) throws IOException {
    return Files.writeString(temp.resolve("Mine.java"), text);
  }

  @ParameterizedTest
  @CsvSource({"sft, --objective", "dpo, --loss"})
  void the_verbs_own_loss_written_anew_trains_to_the_same_weights(String verb, String flag)
      throws IOException {
    Path mine = source(verb.equals("sft") ? CROSS_ENTROPY : SIGMOID);
    Cli built = run(verb, "built");
    assertThat(built.code()).as(built.err()).isZero();
    Cli own = run(verb, "own", flag, mine.toString());
    assertThat(own.code()).as(own.err()).isZero();
    assertThat(own.err()).doesNotContain("warning");
    for (int i = 0; i < 6; i++) {
      assertThat(loss("own", i))
          .isCloseTo(loss("built", i), org.assertj.core.data.Offset.offset(1e-9));
    }
    assertThat(Files.readString(temp.resolve("own/README.md"))).contains("Mine.java");
  }

  @Test
  void a_jar_has_several_and_one_is_named() throws IOException {
    Path jar = jar(temp.resolve("mine.jar"), CLIPPED);
    Cli built = run("grpo", "built");
    assertThat(built.code()).as(built.err()).isZero();
    Cli own = run("grpo", "own", "--loss", jar + "#mine.Clipped");
    assertThat(own.code()).as(own.err()).isZero();
    assertThat(weights("own")).hasSameBinaryContentAs(weights("built"));
    Cli unnamed = run("grpo", "unnamed", "--loss", jar.toString());
    assertThat(unnamed.code()).isNotZero();
    assertThat(unnamed.err()).contains("has 2 classes that implement").contains("mine.jar#CLASS");
  }

  private Path jar(Path to, String text) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("classes"));
    Path file = Files.writeString(temp.resolve("Clipped.java"), text);
    String path = System.getProperty("java.class.path");
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", folder.toString(), "-cp", path, file.toString());
    assertThat(failed).isZero();
    try (OutputStream out = Files.newOutputStream(to);
        JarOutputStream jar = new JarOutputStream(out);
        Stream<Path> all = Files.walk(folder)) {
      for (Path one : all.filter(Files::isRegularFile).toList()) {
        jar.putNextEntry(new JarEntry(folder.relativize(one).toString()));
        Files.copy(one, jar);
      }
    }
    return to;
  }

  @ParameterizedTest
  @CsvSource({
    "sft, --objective, GeneralizedCrossEntropy.java",
    "dpo, --loss, PositiveLoss.java",
    "grpo, --loss, SimplePolicyLoss.java"
  })
  void the_examples_gradients_are_their_losses(String verb, String flag, String file)
      throws IOException {
    Cli run = run(verb, "a", flag, EXAMPLES.resolve(file).toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).doesNotContain("warning");
    if (!verb.equals("grpo")) {
      assertThat(loss("a", 5)).isLessThan(loss("a", 0));
    }
  }

  @Test
  void several_losses_may_be_mixed_with_one() throws IOException {
    Cli run = run("dpo", "a", "--loss", EXAMPLES.resolve("PositiveLoss.java") + "=1,sft=0.5");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("PositiveLoss.java + 0.5 sft");
  }

  @Test
  void a_changed_loss_does_not_go_on_with_another_ones_run() throws IOException {
    Path mine = source(SIGMOID);
    assertThat(run("dpo", "a", "--loss", mine.toString()).code()).isZero();
    Files.writeString(mine, SIGMOID + "\n");
    Cli changed = run("dpo", "a", "--loss", mine.toString(), "--resume");
    assertThat(changed.code()).isNotZero();
    assertThat(changed.err()).contains("loss");
  }

  @Test
  void a_gradient_of_another_loss_is_told() throws IOException {
    Path mine = source(SIGMOID.replace("SIGN = -1", "SIGN = 1"));
    Cli run = run("dpo", "a", "--loss", mine.toString());
    assertThat(run.err()).contains("warning: " + mine + ": the gradient is not that of the loss");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return new Graded(Double.NaN, 0, 0);|is not a finite number",
        "throw new IllegalStateException(\"no idea\");|its loss failed: java.lang.Ill",
        "return 3;|does not compile"
      })
  void what_cannot_be_trained_with_is_refused(String bodyAndError) throws IOException {
    String[] parts = bodyAndError.split("\\|");
    int from = SIGMOID.indexOf("    double z");
    int to = SIGMOID.indexOf("  }", from);
    Path mine = source(SIGMOID.substring(0, from) + parts[0] + SIGMOID.substring(to));
    Cli run = run("dpo", "a", "--loss", mine.toString());
    assertThat(run.code()).isNotZero();
    assertThat(run.err()).contains(mine.toString()).contains(parts[1]);
    assertThat(temp.resolve("a")).doesNotExist();
  }

  @Test
  void files_that_are_none_are_refused() throws IOException {
    Cli gone = run("dpo", "a", "--loss", "gone/Away.java");
    assertThat(gone.err()).contains("gone/Away.java is not a file; --loss takes");
    Cli other = run("sft", "a", "--objective", rows.toString());
    assertThat(other.err()).contains("--objective takes a .java or a .jar file");
    Path mine = source(SIGMOID);
    Cli none = run("dpo", "a", "--loss", mine.toString(), "--reference", "none");
    assertThat(none.err()).contains("holds answers against a reference, and this run has none");
    Cli kind = run("sft", "a", "--objective", mine.toString());
    assertThat(kind.err()).contains("has no class that implement dev.luthier.train.Objective");
  }
}
