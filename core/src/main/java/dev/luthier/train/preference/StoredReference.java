package dev.luthier.train.preference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Hashes;
import dev.luthier.format.Reason;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A reference whose log-probabilities were computed before training, once for each answer. They are
 * kept in a file of JSON lines, the first of which names the reference; another run with the same
 * one may use it.
 */
public final class StoredReference implements Reference {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final String identity;
  private final Map<Key, Double> known = new LinkedHashMap<>();

  /** 128 bits of the SHA-256 of an answer's tokens and of which of them count. */
  private record Key(long high, long low) {
    @Override
    public String toString() {
      return String.format("%016x%016x", high, low);
    }

    static Key parse(String hex) {
      return new Key(
          Long.parseUnsignedLong(hex.substring(0, 16), 16),
          Long.parseUnsignedLong(hex.substring(16), 16));
    }
  }

  /**
   * Opens a file, or begins one.
   *
   * @param identity what tells the reference from all others
   * @throws LuthierException if the file is another reference's, or cannot be read
   */
  public StoredReference(Path file, String identity) {
    this.file = file;
    this.identity = identity;
    if (Files.exists(file)) {
      read();
    }
  }

  private void read() {
    try (BufferedReader in = Files.newBufferedReader(file)) {
      String first = in.readLine();
      String made = first == null ? "" : JSON.readTree(first).path("reference").asText();
      if (!made.equals(identity)) {
        throw new LuthierException(
            file
                + " holds log-probabilities of another reference ("
                + made
                + ") than this run's ("
                + identity
                + "): delete it, or name another file in reference.cache");
      }
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonNode json = JSON.readTree(line);
        known.put(Key.parse(json.path("answer").asText()), json.path("log_prob").asDouble());
      }
    } catch (JsonProcessingException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new LuthierException(
          file + " is damaged (" + e.getMessage() + "): delete it, and it will be made again", e);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** Whether nothing of these batches is lacking. */
  public boolean has(Iterable<Batch> batches) {
    for (Batch batch : batches) {
      if (!keys(batch).stream().allMatch(known::containsKey)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Computes what is lacking and saves it.
   *
   * @param reference a model
   * @param done told how many batches are done
   * @return whether it came to the end; what was done before is saved in any case
   */
  public boolean complete(
      Iterable<Batch> batches,
      Reference reference,
      BooleanSupplier interrupted,
      LongConsumer done) {
    long count = 0;
    int before = known.size();
    boolean whole = true;
    for (Batch batch : batches) {
      if (interrupted.getAsBoolean()) {
        whole = false;
        break;
      }
      List<Key> keys = keys(batch);
      if (!keys.stream().allMatch(known::containsKey)) {
        List<Batch.Answer> answers = reference.over(List.of(batch)).get(0).form().answers();
        for (int i = 0; i < keys.size(); i++) {
          known.putIfAbsent(keys.get(i), answers.get(i).reference());
        }
      }
      done.accept(++count);
    }
    if (known.size() > before) {
      write();
    }
    return whole;
  }

  private void write() {
    AtomicFile.write(
        file,
        channel -> {
          Writer out = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
          line(out, JSON.createObjectNode().put("reference", identity));
          for (Map.Entry<Key, Double> one : known.entrySet()) {
            ObjectNode json = JSON.createObjectNode().put("answer", one.getKey().toString());
            line(out, json.put("log_prob", one.getValue()));
          }
          out.flush();
        });
  }

  private static void line(Writer out, JsonNode json) throws IOException {
    out.write(JSON.writeValueAsString(json) + "\n");
  }

  @Override
  public List<Batch> over(List<Batch> batches) {
    return batches.stream()
        .map(
            batch -> {
              List<Key> keys = keys(batch);
              return Reference.with(batch, i -> of(keys.get(i)));
            })
        .toList();
  }

  private double of(Key key) {
    @Nullable Double found = known.get(key);
    return Objects.requireNonNull(found, "an answer whose reference was not computed");
  }

  /** Of each document, in order. */
  private static List<Key> keys(Batch batch) {
    List<Key> out = new ArrayList<>();
    int from = -1;
    for (int i = 0; i < batch.tokens().length; i++) {
      boolean begins = batch.documents()[i] != 0 && batch.positions()[i] == 0;
      boolean padding = batch.documents()[i] == 0;
      boolean rowBegins = i % batch.length() == 0;
      if (from >= 0 && (begins || padding || rowBegins)) {
        out.add(key(batch, from, i));
        from = -1;
      }
      from = begins ? i : from;
    }
    if (from >= 0) {
      out.add(key(batch, from, batch.tokens().length));
    }
    return out;
  }

  private static Key key(Batch batch, int from, int to) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * (to - from));
    for (int i = from; i < to; i++) {
      bytes.putInt((int) batch.tokens()[i]);
      bytes.putInt(batch.weights()[i] > 0 ? (int) batch.labels()[i] : -1);
    }
    MessageDigest digest = Hashes.digest();
    ByteBuffer hash = ByteBuffer.wrap(digest.digest(bytes.array()));
    return new Key(hash.getLong(), hash.getLong());
  }
}
