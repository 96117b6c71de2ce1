package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A model that answers many requests at once. For any number of threads. */
public interface Engine extends AutoCloseable {
  /** How the model, or one of its adapters, is spoken to. */
  ModelLanguage language(Optional<String> adapter);

  /** The longest sequence, prompt and answer. */
  int contextLength();

  /** V. */
  int vocabulary();

  /** Whether it continues texts; a model that does not gives embeddings alone. */
  default boolean writesText() {
    return true;
  }

  /** How many requests it can have at a time, running and waiting. */
  int maxRequests();

  /**
   * Queues a request.
   *
   * @return a way to give it up: its listener then hears that it ended as cancelled
   * @throws EngineBusyException if the queue is full
   * @throws LuthierException if the prompt is empty or too long, has an id that the model does not
   *     know, or the adapter is not loaded
   */
  Cancellation submit(EngineRequest request, EngineListener listener);

  /** Gives a request up; nothing happens if it has ended. */
  @FunctionalInterface
  interface Cancellation {
    void cancel();
  }

  /**
   * Sentence embeddings: the mean of the last hidden states over each input's tokens, of length 1.
   *
   * @return (inputs, D)
   * @throws LuthierException as {@link #submit}
   */
  float[][] embed(List<int[]> inputs, Optional<String> adapter);

  /**
   * Loads an adapter beside those that are there; running requests go on.
   *
   * @throws LuthierException if the name is taken, there are too many, or it does not fit the model
   */
  EngineAdapter loadAdapter(String name, Path folder);

  /**
   * Takes an adapter away. Requests that use it are answered to their end; new ones are refused.
   *
   * @throws LuthierException if there is none of that name
   */
  void unloadAdapter(String name);

  /** The adapters, in the order of their names. */
  List<EngineAdapter> adapters();

  /** What it has done and holds. */
  EngineStats stats();

  /** Takes no more requests and answers those it has, up to this long. */
  void drain(Duration limit);

  /** Gives up what still runs and frees everything. */
  @Override
  void close();
}
