package dev.luthier.recipe.demo;

import java.util.List;

/**
 * Classes of nouns that the same verbs and adjectives go with. A flag says what holds for the whole
 * class; "modifiers" are materials and the like, which stand directly before the noun.
 */
enum Kind {
  PERSON(
      """
      teacher farmer baker sailor doctor nurse painter singer driver writer tailor carpenter
      gardener student soldier captain neighbor stranger visitor child boy girl man woman king
      queen prince princess knight pilot dancer clown guard clerk butcher miller shepherd hunter
      fisherman poet judge lawyer plumber waiter librarian musician artist actor scientist
      engineer mechanic builder merchant monk pirate thief traveler guest twin hero coach
      cook barber potter weaver messenger postman detective reporter
      """,
      """
      old young tall quiet tired happy brave kind clever busy gentle honest shy proud hungry lazy
      polite wise cheerful friendly nervous lonely curious patient careful rich poor strong famous
      sleepy angry serious grumpy thoughtful
      """,
      "",
      Flag.ANIMATE),
  KIN(
      """
      mother father sister brother uncle aunt cousin grandmother grandfather daughter son nephew
      niece friend neighbor teacher doctor
      """,
      "tall quiet clever kind gentle cheerful patient busy",
      "",
      Flag.ANIMATE,
      Flag.KIN),
  ANIMAL(
      """
      dog cat horse cow goat sheep pig fox wolf bear rabbit mouse squirrel deer donkey lamb puppy
      kitten turtle frog hedgehog badger pony camel lion tiger monkey elephant otter calf
      """,
      """
      old young small big hungry sleepy wild gentle playful clever shy lazy brave noisy thin fat
      tame lost curious tired
      """,
      "",
      Flag.FURRED),
  PET(
      "dog cat puppy kitten rabbit hamster",
      "small big hungry sleepy gentle playful clever shy lazy noisy tired",
      "",
      Flag.FURRED,
      Flag.OWNED),
  BIRD(
      "owl crow sparrow eagle swan duck goose robin gull hawk pigeon parrot falcon heron swallow",
      "old young small large hungry wild noisy lonely proud graceful",
      "",
      Flag.FURRED),
  FISH(
      "fish trout salmon dolphin whale shark eel carp turtle",
      "old young small huge hungry shy fast silent",
      "",
      Flag.FURRED),
  TEXT(
      """
      book letter story poem note report diary novel message recipe article essay postcard chapter
      speech
      """,
      "old new long short secret strange famous funny sad careful important boring lovely",
      "",
      Flag.OWNED),
  FOOD(
      """
      apple pear plum sandwich cake pie cookie pancake potato carrot tomato egg muffin pastry
      sausage dumpling peach banana orange melon cherry onion
      """,
      "fresh small large warm cold delicious tiny",
      "",
      Flag.OWNED),
  DISH(
      "cake pie cookie pancake muffin pastry sausage dumpling loaf omelet stew pudding",
      "small large warm delicious simple plain fresh wonderful",
      "apple cherry cheese pumpkin onion honey",
      Flag.OWNED),
  DRINK(
      "milk tea water juice coffee cocoa lemonade soup cider broth",
      "hot cold warm fresh sweet",
      "",
      Flag.OWNED,
      Flag.MASS),
  CLOTHING(
      "coat hat scarf jacket shirt dress sweater apron vest cap belt cloak robe blanket",
      "old new warm thick thin torn pretty dirty clean heavy soft elegant",
      "cotton silk velvet leather woolen",
      Flag.OWNED,
      Flag.COLOURED),
  TOOL(
      """
      hammer saw shovel rake ladder lantern brush broom axe wrench bucket knife lamp
      clock radio kettle compass telescope
      """,
      "old new heavy small large rusty broken useful simple dusty",
      "",
      Flag.OWNED),
  FURNITURE(
      "table chair bench shelf desk cabinet bed stool cradle wardrobe bookcase crib",
      "old new heavy small low tall broken elegant ugly simple dusty",
      "oak pine wooden walnut birch",
      Flag.OWNED,
      Flag.COLOURED),
  VEHICLE(
      "car truck wagon bus tractor van taxi cart carriage jeep",
      "old new small large fast slow empty rusty noisy dusty",
      "",
      Flag.COLOURED),
  CYCLE("bicycle scooter motorcycle tricycle", "old new small fast slow rusty", "", Flag.COLOURED),
  BOAT(
      "canoe boat raft ship ferry kayak sailboat rowboat barge yacht",
      "old new small large narrow slow empty sturdy little graceful",
      "birch wooden",
      Flag.COLOURED),
  INSTRUMENT(
      "guitar violin flute drum trumpet harp cello banjo fiddle horn accordion",
      "old new small beautiful expensive broken dusty fine",
      "",
      Flag.OWNED),
  ARTWORK(
      "picture portrait painting poster drawing photograph sketch statue mask map",
      "old new small large beautiful strange faded famous ugly lovely",
      "",
      Flag.OWNED),
  PLANT(
      "rose tulip lily bush flower daisy vine fern cactus tree sunflower oak willow",
      "tall small young old wild beautiful lovely dry strange thorny",
      "",
      Flag.NONE),
  OPENABLE(
      "window box jar bag suitcase envelope drawer parcel basket",
      "old new small large heavy dusty strange",
      "",
      Flag.COLOURED),
  LOCKABLE(
      "door gate chest cabinet trunk cupboard",
      "old new small large heavy narrow broken",
      "wooden iron",
      Flag.COLOURED),
  IDEA(
      "problem puzzle question riddle answer rule lesson secret plan dream joke promise mistake",
      "old new simple difficult strange small terrible clever silly important odd",
      "",
      Flag.OWNED),
  TOY(
      "ball kite doll puppet marble balloon top whistle",
      "old new small large broken pretty tiny lost",
      "",
      Flag.OWNED,
      Flag.COLOURED),
  THING(
      """
      key coin ring candle watch pencil button stone shell feather ribbon wallet umbrella pillow
      mirror comb necklace bracelet
      """,
      "old new small large broken pretty dusty clean tiny strange lost lovely",
      "",
      Flag.OWNED,
      Flag.COLOURED),
  VESSEL(
      "cup plate spoon bottle bowl jug pitcher mug glass dish",
      "old new small large pretty dusty clean empty dirty heavy",
      "silver copper wooden clay",
      Flag.OWNED,
      Flag.COLOURED),
  FIRE(
      "lamp lantern candle fire torch",
      "bright small dim old warm lonely strange distant",
      "",
      Flag.NONE),
  SOUNDER("bell telephone alarm", "old loud heavy small distant", "brass iron", Flag.NONE),
  RAIN("rain snow hail", "cold heavy light soft sudden", "", Flag.MASS),
  MIST("fog mist dust smoke", "thick heavy light soft gray", "", Flag.MASS),
  CROWD(
      "team crowd family choir band class army",
      "large small noisy happy tired cheerful",
      "",
      Flag.NONE);

  /** What holds for a whole class. */
  enum Flag {
    NONE,
    /** Asked for with "who". */
    ANIMATE,
    /** Named by whose it is: "her uncle", never "the uncle". */
    KIN,
    /** Can belong to somebody. */
    OWNED,
    /** Has no plural and takes no "a". */
    MASS,
    COLOURED,
    /** Comes in the colours of fur and feathers only. */
    FURRED
  }

  private final List<String> nouns;
  private final List<String> adjectives;
  private final List<String> modifiers;
  private final List<Flag> flags;

  Kind(String nouns, String adjectives, String modifiers, Flag... flags) {
    this.nouns = Lexicon.words(nouns);
    this.adjectives = Lexicon.words(adjectives);
    this.modifiers = modifiers.isEmpty() ? List.of() : Lexicon.words(modifiers);
    this.flags = List.of(flags);
  }

  List<String> nouns() {
    return nouns;
  }

  List<String> adjectives() {
    return adjectives;
  }

  List<String> modifiers() {
    return modifiers;
  }

  boolean is(Flag flag) {
    return flags.contains(flag);
  }
}
