package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Something that answers conversations. May be called from several threads. */
public interface TextWriter {
  /**
   * Answers.
   *
   * @param stop asked while nothing has been spent yet: before a request is sent (again), and,
   *     where the answer is computed here, before each token
   * @return the answer; empty when {@code stop} came before it
   * @throws RequestRefused when this request will get no answer however often it is asked
   * @throws LuthierException when none will
   */
  Optional<Reply> write(WriteRequest request, BooleanSupplier stop);

  /** What wrote: the model's name at its endpoint, or the hash of a local model's files. */
  String name();

  /** Where text is sent: host, with the port if it is named; empty for a model that runs here. */
  Optional<String> host();

  /** Requests that may be under way at a time, at most. */
  int parallel();
}
