package dev.luthier.recipe.generate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import dev.luthier.data.synthetic.Candidate;
import dev.luthier.hub.Reply;
import dev.luthier.recipe.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A run's rows, what was refused, and what is done: three files that grow by one request at a time.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><td>{@code OUTPUT}</td><td>rows, one JSON object per line</td></tr>
 * <tr><td>{@code OUTPUT.refused.jsonl}</td><td>what was refused, and why</td></tr>
 * <tr><td>{@code OUTPUT.state.jsonl}</td><td>a line of settings, then a line per request: its
 * number, its tokens, what was kept, and how long the other two files were afterwards; and a line
 * per answer that came before its turn when a run stopped</td></tr>
 * </table>
 *
 * <p>A request's lines go into the first two files before its line goes into the third. So what the
 * third says is there; what it does not say comes from a request that was cut short, and is dropped
 * when the run goes on.
 */
final class Journal implements AutoCloseable {
  /**
   * What a request came to.
   *
   * @param request its number, from 0
   * @param promptTokens read by the writer
   * @param completionTokens written by it
   * @param kept the rows
   * @param refused refusals by reason
   */
  record Outcome(
      int request,
      long promptTokens,
      long completionTokens,
      List<Candidate> kept,
      Map<String, Integer> refused) {}

  /** A line of the third file: an outcome, and how many bytes the others had with it. */
  private record Entry(Outcome outcome, long rowsBytes, long refusedBytes) {
    static final Entry NONE = new Entry(new Outcome(-1, 0, 0, List.of(), Map.of()), 0, 0);
  }

  /** A line of the third file: an answer that is still to be judged. */
  private record Held(int heldRequest, Reply reply) {}

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path output;
  private final LineFile state;
  private final LineFile rows;
  private final LineFile refused;
  private final Map<Integer, Reply> held = new TreeMap<>();

  private Journal(Path output, LineFile state, LineFile rows, LineFile refused) {
    this.output = output;
    this.state = state;
    this.rows = rows;
    this.refused = refused;
  }

  /**
   * Opens a run's files, or begins them.
   *
   * @param identity the settings that its rows depend on
   * @throws LuthierException when another run's rows are there, or this run's were changed, or
   *     another process is writing them
   */
  static Journal open(Path output, Map<String, Object> identity) {
    Path state = beside(output, ".state.jsonl");
    if (Files.exists(output) && !Files.exists(state)) {
      throw new LuthierException(
          output
              + " exists and has no "
              + state.getFileName()
              + " beside it, so it is no run to go on with: choose another --output");
    }
    List<LineFile> opened = new ArrayList<>();
    try {
      opened.add(LineFile.open(state));
      opened.get(0).lock();
      opened.add(LineFile.open(output));
      opened.add(LineFile.open(beside(output, ".refused.jsonl")));
      Journal journal = new Journal(output, opened.get(0), opened.get(1), opened.get(2));
      journal.resume(identity);
      return journal;
    } catch (RuntimeException e) {
      opened.forEach(LineFile::close);
      throw e;
    }
  }

  private static Path beside(Path output, String suffix) {
    return output.resolveSibling(output.getFileName() + suffix);
  }

  private void resume(Map<String, Object> identity) {
    state.endWithLine();
    List<String> header = new ArrayList<>(1);
    Entry[] last = {Entry.NONE};
    state.lines(
        0,
        line -> {
          if (header.isEmpty()) {
            header.add(line);
          } else if (isEntry(line)) {
            last[0] = parse(line, new TypeReference<Entry>() {});
          } else {
            Held answer = parse(line, new TypeReference<Held>() {});
            held.put(answer.heldRequest(), answer.reply());
          }
        });
    int next = last[0].outcome().request() + 1;
    boolean fresh = next == 0 && held.isEmpty();
    if (!fresh) {
      compare(header.get(0), identity);
    }
    cut(rows, last[0].rowsBytes(), next);
    cut(refused, last[0].refusedBytes(), next);
    if (fresh) {
      state.truncate(0);
      state.append(List.of(json(Map.of("settings", identity))));
    }
  }

  private static boolean isEntry(String line) {
    return line.startsWith("{\"outcome\"");
  }

  private void compare(String header, Map<String, Object> identity) {
    Map<String, Object> saved = parse(header, new TypeReference<Map<String, Object>>() {});
    if (!(saved.get("settings") instanceof Map<?, ?> map)) {
      throw new LuthierException(state.path() + ", line 1: expected the run's settings");
    }
    Map<String, Object> before = new LinkedHashMap<>();
    map.forEach((key, value) -> before.put(String.valueOf(key), value));
    List<String> differences = Settings.differences(before, identity);
    if (!differences.isEmpty()) {
      throw new LuthierException(
          output
              + " was begun with other settings; repeat them, or choose another --output:\n  "
              + String.join("\n  ", differences));
    }
  }

  /** Drops what a request that was cut short has left; whatever else is there is not ours. */
  private void cut(LineFile file, long length, int next) {
    if (file.length() < length) {
      throw new LuthierException(
          file.path()
              + " is shorter than this run left it: put it back, or choose another --output");
    }
    Pattern ours = Pattern.compile("\"request\":" + next + "\\b");
    file.lines(
        length,
        line -> {
          if (!ours.matcher(line).find()) {
            throw new LuthierException(
                file.path()
                    + " has lines after byte "
                    + length
                    + " that this run did not write: move them to another file to go on");
          }
        });
    file.truncate(length);
  }

  /** Hands over what is done, in order. */
  void outcomes(Consumer<Outcome> to) {
    state.lines(
        0,
        line -> {
          if (isEntry(line)) {
            to.accept(parse(line, new TypeReference<Entry>() {}).outcome());
          }
        });
  }

  /** The answer to a request that came before its turn when a run stopped. */
  Optional<Reply> held(int request) {
    return Optional.ofNullable(held.get(request));
  }

  /** Writes down an answer that is still to be judged, unless it is there. */
  void hold(int request, Reply reply) {
    if (held.putIfAbsent(request, reply) == null) {
      state.append(List.of(json(new Held(request, reply))));
    }
  }

  /**
   * Writes a request's outcome; when this returns it is on the disk.
   *
   * @param keptLines lines for the file of rows
   * @param refusedLines lines for the file of what was refused
   */
  void add(Outcome outcome, List<String> keptLines, List<String> refusedLines) {
    rows.append(keptLines);
    refused.append(refusedLines);
    state.append(List.of(json(new Entry(outcome, rows.length(), refused.length()))));
    held.remove(outcome.request());
  }

  private <T> T parse(String line, TypeReference<T> type) {
    try {
      return JSON.readValue(line, type);
    } catch (JsonProcessingException e) {
      throw new LuthierException(
          state.path() + " is damaged (" + e.getOriginalMessage() + "): choose another --output",
          e);
    }
  }

  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    rows.close();
    refused.close();
    state.close();
  }
}
