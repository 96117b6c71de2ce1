package dev.luthier.hub;

/** Is told how far a transfer is; from several threads. */
public interface TransferListener {
  /** Listens to nothing. */
  TransferListener NONE =
      new TransferListener() {
        @Override
        public void begin(String what, int files, long bytes) {}

        @Override
        public void moved(long bytes) {}

        @Override
        public void waiting(String why) {}
      };

  /**
   * A transfer begins.
   *
   * @param what such as {@code org/name@3f2a91c}
   * @param files that have to be transferred
   * @param bytes in all of them
   */
  void begin(String what, int files, long bytes);

  /**
   * Bytes that are there now, in all threads together; negative where some have to be fetched
   * again.
   */
  void moved(long bytes);

  /** A request is sent again after a while. */
  void waiting(String why);
}
