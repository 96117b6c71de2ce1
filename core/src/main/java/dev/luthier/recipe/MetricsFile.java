package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Reason;
import dev.luthier.tensor.Memory;
import dev.luthier.train.TrainListener;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes {@code metrics.jsonl}: one object per logged step and per evaluation. */
final class MetricsFile implements TrainListener, AutoCloseable {
  /** The file's name in a run's folder. */
  static final String NAME = "metrics.jsonl";

  private static final String EVAL = "eval_";
  private static final String BEST = "best";
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path file;
  private final BufferedWriter out;
  private int every = 1;

  MetricsFile(Path file, List<String> kept) {
    this(kept(file, kept));
  }

  /** What the file holds stays. */
  private MetricsFile(Path file) {
    this.file = file;
    try {
      this.out =
          Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static Path kept(Path file, List<String> lines) {
    AtomicFile.writeText(file, lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
    return file;
  }

  /** Only every n-th step is written. */
  MetricsFile every(int steps) {
    this.every = steps;
    return this;
  }

  @Override
  public void step(StepMetrics m) {
    if (m.step() % every != 0 && m.step() != m.steps()) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", m.step());
    line.put("epoch", Math.round(m.epoch() * 1e4) / 1e4);
    line.put("loss", m.loss());
    line.put("learning_rate", m.learningRate());
    line.put("grad_norm", m.gradNorm());
    line.put("tokens", m.tokens());
    line.put("label_weight", m.labelTokens());
    line.put("tokens_per_s", Math.round(m.tokens() / Math.max(1e-9, m.seconds())));
    line.put("resident_bytes", Memory.resident());
    line.put("peak_bytes", m.peakBytes());
    line.putAll(m.figures());
    write(line);
  }

  @Override
  public void evaluated(EvalMetrics m) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", m.step());
    if (m.labelTokens() > 0) {
      line.put("eval_loss", m.loss());
      line.put("eval_label_tokens", m.labelTokens());
    }
    line.put(BEST, m.best());
    m.figures().forEach((name, value) -> line.put(EVAL + name, value));
    write(line);
  }

  /**
   * The figures of the evaluation after this step, without their prefix; empty if there is none.
   */
  static Map<String, Object> evaluation(Path folder, long step) {
    Map<String, Object> out = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(folder.resolve(NAME))) {
        JsonNode json = JSON.readTree(line);
        if (json.path("step").asLong() == step && json.has(BEST)) {
          json.fields()
              .forEachRemaining(
                  e -> {
                    if (e.getKey().startsWith(EVAL) && !e.getKey().endsWith("_tokens")) {
                      out.put(e.getKey().substring(EVAL.length()), e.getValue().asDouble());
                    }
                  });
        }
      }
    } catch (IOException e) {
      throw new LuthierException(folder.resolve(NAME) + " cannot be read: " + Reason.of(e), e);
    }
    return out;
  }

  /** Adds a line at the end of a run's file. */
  static void append(Path folder, Map<String, Object> line) {
    try (MetricsFile file = new MetricsFile(folder.resolve(NAME))) {
      file.write(line);
    }
  }

  private void write(Map<String, Object> line) {
    try {
      out.write(JSON.writeValueAsString(line));
      out.newLine();
      out.flush();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private LuthierException failed(IOException e) {
    return new LuthierException(
        file
            + " cannot be written: "
            + Reason.of(e)
            + ". Correct that, and repeat the command with --resume to go on."
            + " See docs/troubleshooting.md#disk-full",
        e);
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }
}
