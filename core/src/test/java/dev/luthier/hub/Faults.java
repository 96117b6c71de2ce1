package dev.luthier.hub;

import java.util.List;
import java.util.Random;

/** What goes wrong at the next request. */
interface Faults {
  /** Nothing ever does. */
  Faults NONE = () -> Fault.NONE;

  Fault next();

  /** At a share of the requests, one of the faults. */
  static Faults seeded(long seed, double share) {
    Random random = new Random(seed);
    List<Fault> all = List.of(Fault.values()).subList(1, Fault.values().length);
    return () -> {
      synchronized (random) {
        return random.nextDouble() < share ? all.get(random.nextInt(all.size())) : Fault.NONE;
      }
    };
  }
}

/** What can go wrong at one request. */
enum Fault {
  NONE,
  CUT,
  WHOLE,
  OTHER_RANGE,
  BUSY,
  EXPIRED,
  DAMAGED,
  BROKEN,
  SLOW
}
