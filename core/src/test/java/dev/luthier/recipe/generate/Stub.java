package dev.luthier.recipe.generate;

import dev.luthier.LuthierException;
import dev.luthier.hub.Reply;
import dev.luthier.hub.TextWriter;
import dev.luthier.hub.WriteRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/** A writer whose answer is a function of its prompt, and that answers out of order. */
class Stub implements TextWriter {
  final AtomicInteger asked = new AtomicInteger();
  private final int parallel;

  Stub(int parallel) {
    this.parallel = parallel;
  }

  String answer(String prompt) {
    int hash = Math.floorMod(prompt.hashCode(), 10_000);
    return "1. Instruction: make "
        + word(hash)
        + " of "
        + word(hash + 1)
        + "\n1. Output: "
        + hash
        + "\n2. Instruction: seed number "
        + word(1)
        + " stands here\n2. Output: known"
        + "\n3. Instruction: then "
        + word(hash + 2)
        + " for "
        + word(3 * hash)
        + "\n3. Output: ok";
  }

  @Override
  public Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
    if (stop.getAsBoolean()) {
      return Optional.empty();
    }
    int number = asked.getAndIncrement();
    if (parallel > 1) {
      try {
        Thread.sleep(number % 3 == 0 ? 6 : 1);
      } catch (InterruptedException e) {
        return Optional.empty();
      }
    }
    String prompt = request.messages().get(0).content();
    return Optional.of(new Reply(answer(prompt), prompt.length(), 7, false));
  }

  @Override
  public String name() {
    return "stub";
  }

  @Override
  public Optional<String> host() {
    return Optional.of("localhost:1");
  }

  @Override
  public int parallel() {
    return parallel;
  }

  /** A word for a number, of letters only. */
  static String word(int number) {
    return "w"
        + Integer.toString(number, 26)
            .replaceAll("[0-9]", "z$0")
            .chars()
            .mapToObj(c -> Character.toString(c >= '0' && c <= '9' ? c - '0' + 'a' : c))
            .reduce("", String::concat);
  }

  /** Fails on some requests, counted by their order. */
  static Stub failing(int parallel, IntFunction<Optional<LuthierException>> failure) {
    return new Stub(parallel) {
      private final Map<Long, Integer> order = new HashMap<>();

      @Override
      public Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
        int number;
        synchronized (order) {
          number = order.computeIfAbsent(request.seed(), s -> order.size());
        }
        Optional<LuthierException> fails = failure.apply(number);
        if (fails.isPresent()) {
          throw fails.get();
        }
        return super.write(request, stop);
      }
    };
  }
}
