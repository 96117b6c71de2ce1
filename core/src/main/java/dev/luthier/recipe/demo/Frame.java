package dev.luthier.recipe.demo;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which nouns may do what to which, and where: a row of the grammar's tables.
 *
 * @param subjects kinds that can do it; PERSON stands for names, pronouns and kin too
 * @param verbs base forms
 * @param objects kinds it is done to; empty for intransitive verbs
 * @param adverbs of manner
 * @param places where it can happen; empty where the verb takes no place
 */
record Frame(
    List<Kind> subjects,
    List<String> verbs,
    List<Kind> objects,
    List<String> adverbs,
    List<Spot> places) {

  /** Prepositions that go with a class of places. */
  record Spot(List<String> prepositions, Place place) {
    /** Reads "on beside SURFACE, in ROOM". */
    static List<Spot> table(String rows) {
      return Arrays.stream(rows.strip().split("\\s*,\\s*"))
          .map(
              row -> {
                List<String> words = Lexicon.words(row);
                int last = words.size() - 1;
                return new Spot(words.subList(0, last), Place.valueOf(words.get(last)));
              })
          .toList();
    }
  }

  private static final List<Spot> OUT_AND_ABOUT =
      Spot.table(
          """
          in outside near ROOM, in near OPEN, in OPEN, near beside by close_to WATER,
          in behind near outside in_front_of BUILDING, in near BUILDING,
          beside behind near by next_to in_front_of LANDMARK, beside near PATH,
          in near outside TOWN, on SLABS, in near CITY
          """);
  private static final List<Spot> OUTDOORS =
      Spot.table(
          """
          in near OPEN, near beside by close_to WATER, behind near outside in_front_of BUILDING,
          beside behind near by next_to LANDMARK, beside near PATH, on GROUND
          """);
  private static final List<Spot> SEATED =
      Spot.table(
          """
          on near beside SEAT, on SLABS, on GROUND, in outside ROOM, in OPEN, near beside WATER,
          behind outside in_front_of BUILDING, beside behind near next_to LANDMARK
          """);
  private static final List<Spot> CURLED_UP =
      Spot.table(
          """
          on under beside near behind SURFACE, on SEAT, in ROOM, beside behind near LANDMARK,
          on GROUND, in OPEN, outside BUILDING
          """);
  private static final List<Spot> PERCHED =
      Spot.table("on near LANDMARK, on SLABS, in OPEN, near beside WATER, on SKY, behind BUILDING");
  private static final List<Spot> STORED =
      Spot.table(
          """
          in inside under behind CONTAINER, on under beside behind SURFACE, on SLABS, on GROUND, in ROOM,
          in behind BUILDING, behind near beside LANDMARK, in OPEN, near beside WATER
          """);
  private static final List<Spot> WALKING =
      Spot.table(
          """
          through across around into toward OPEN, along toward around WATER, down up along across PATH,
          into past toward around BUILDING, past around toward LANDMARK, across over SLABS,
          through toward into TOWN, into through ROOM
          """);
  private static final List<Spot> TRAVELLING =
      Spot.table("to toward through CITY, through across OPEN, along down PATH, to toward TOWN");
  private static final List<Spot> ROLLING =
      Spot.table(
          """
          down along across PATH, across over SLABS, under past SURFACE, into through ROOM,
          toward past LANDMARK, across over GROUND
          """);
  private static final List<Spot> INDOORS =
      Spot.table("in outside near ROOM, in near BUILDING, in OPEN, near beside LANDMARK, in CITY");
  private static final List<Spot> SAILING =
      Spot.table("on across along toward around WATER, past toward BUILDING, to toward CITY");
  private static final List<Spot> DRIVING =
      Spot.table(
          """
          down up along PATH, past toward around BUILDING, through toward TOWN, past LANDMARK,
          across through OPEN, to toward through CITY, along around WATER
          """);
  private static final List<Spot> PARKED =
      Spot.table("behind near in_front_of BUILDING, beside near LANDMARK, near PATH, in TOWN");
  private static final List<Spot> FLYING =
      Spot.table(
          """
          over above toward across OPEN, over above toward WATER, over above past SKY,
          above over around BUILDING, over past toward LANDMARK, over toward TOWN, over CITY
          """);
  private static final List<Spot> SWIMMING = Spot.table("in across through around near WATER");
  private static final List<Spot> GROWING =
      Spot.table("in near OPEN, behind beside near BUILDING, near beside by LANDMARK, along PATH");
  private static final List<Spot> FALLING =
      Spot.table(
          "on onto SLABS, on onto GROUND, on onto under SURFACE, into CONTAINER, into WATER");
  private static final List<Spot> OVERHEAD =
      Spot.table("on over SKY, on over TOWN, over WATER, on over OPEN, over CITY, on PATH");
  private static final List<Spot> DRIFTING =
      Spot.table("over across through OPEN, over above WATER, over SKY, through over TOWN");
  private static final List<Spot> STANDING =
      Spot.table("in outside ROOM, in behind near BUILDING, beside near LANDMARK, on SLABS");

  private static final String CALM = "quietly patiently calmly silently alone peacefully";
  private static final String CAREFUL = "carefully slowly quickly quietly patiently";
  private static final String GLAD = "gladly finally quickly quietly";

  /** Verb and place: "The birch canoe slid on the lake." */
  static final List<Frame> INTRANSITIVE =
      List.of(
          at("PERSON", "sit wait rest sleep kneel", CALM, SEATED),
          at("PERSON", "stand pause hide wait camp", CALM, OUTDOORS),
          at(
              "PERSON",
              "sing laugh dance smile whisper cry",
              "softly happily loudly",
              OUT_AND_ABOUT),
          at("PERSON", "work study practice", "hard quietly alone happily slowly", INDOORS),
          at(
              "PERSON",
              "walk run hurry march wander jog stroll rush creep",
              "slowly quickly quietly happily bravely",
              WALKING),
          at("PERSON", "travel hurry ride march", "slowly quickly alone happily", TRAVELLING),
          at("ANIMAL", "sit sleep rest wait hide play", "quietly calmly peacefully", OUTDOORS),
          at("ANIMAL", "run trot walk wander creep leap", "slowly quickly quietly", WALKING),
          at("PET", "sit sleep lie nap wait hide", "quietly calmly lazily", CURLED_UP),
          at("BIRD", "fly glide soar swoop", "slowly swiftly silently gracefully", FLYING),
          at("BIRD", "sing rest sit land", "softly quietly calmly", PERCHED),
          at("FISH", "swim glide drift dart", "slowly swiftly silently", SWIMMING),
          at("BOAT", "sail float drift glide slide", "slowly smoothly swiftly silently", SAILING),
          at("BOAT", "slide lie", "slowly smoothly", Spot.table("on SLABS, on GROUND, near WATER")),
          at("VEHICLE", "roll rumble speed race roar", "slowly noisily swiftly", DRIVING),
          at("TOY", "roll bounce slide tumble", "slowly quickly softly", ROLLING),
          at("THING TOY", "fall drop slip", "slowly suddenly softly", FALLING),
          at("THING TOOL VESSEL", "lie remain stay", "", STORED),
          at("FURNITURE", "stand remain", "", STANDING),
          at("PLANT", "grow bloom wither", "slowly quickly quietly", GROWING),
          at("FIRE", "burn glow shine flicker", "brightly softly dimly", STANDING),
          at("SOUNDER", "ring", "loudly softly suddenly", STANDING),
          at("RAIN", "fall", "slowly softly silently", OVERHEAD),
          at("MIST", "drift", "slowly softly silently", DRIFTING),
          at("CROWD", "gather wait sing march dance", "happily noisily quietly", OUT_AND_ABOUT));

  /** Verb and object: "She read the old letter." */
  static final List<Frame> TRANSITIVE =
      List.of(
          to("PERSON", "read copy write finish translate study share", "TEXT", CAREFUL),
          to(
              "PERSON",
              "eat share taste buy bring want enjoy",
              "FOOD DISH",
              "slowly happily gladly"),
          to("PERSON", "cook make serve order", "DISH", "carefully slowly gladly"),
          to("PERSON", "drink pour warm taste order spill", "DRINK", "slowly quickly quietly"),
          to("PERSON", "wear wash fold mend choose lose", "CLOTHING", CAREFUL),
          to("PERSON", "repair use carry clean hold need", "TOOL", CAREFUL),
          to("PERSON", "build paint move clean polish", "FURNITURE", CAREFUL),
          to("PERSON", "drive repair wash paint", "VEHICLE", CAREFUL),
          to("PERSON", "buy sell borrow", "TOOL FURNITURE VEHICLE BOAT INSTRUMENT", GLAD),
          to("PERSON", "buy sell lend find", "CYCLE ARTWORK CLOTHING THING", GLAD),
          to("PERSON", "ride repair clean", "CYCLE", CAREFUL),
          to("PERSON", "row sail steer repair paint launch", "BOAT", CAREFUL),
          to("PERSON", "brush train feed love wash", "PET", "gently patiently gladly"),
          to(
              "PERSON",
              "watch follow see hear draw feed",
              "ANIMAL BIRD",
              "quietly patiently gladly"),
          to("PERSON", "catch watch see", "FISH", "quietly patiently"),
          to(
              "PERSON",
              "help meet call thank greet visit remember trust",
              "PERSON",
              "gladly kindly"),
          to("PERSON", "love help visit call hug miss", "KIN", "gladly kindly"),
          to("PERSON", "play tune practice clean carry", "INSTRUMENT", "gladly proudly quietly"),
          to("PERSON", "paint draw admire", "ARTWORK", "slowly quietly gladly"),
          to("PERSON", "plant water trim admire", "PLANT", CAREFUL),
          to("PERSON", "open close empty", "OPENABLE", CAREFUL),
          to("PERSON", "open close lock paint", "LOCKABLE", CAREFUL),
          to("PERSON", "wash fill break drop polish", "VESSEL", "slowly quickly suddenly"),
          to("PERSON", "remember forget explain understand mention", "IDEA", "slowly finally"),
          to("PERSON", "throw catch drop find want", "TOY", "quickly suddenly gladly"),
          to("PERSON", "find lose hide clean carry", "THING", "quickly carefully quietly"),
          to("ANIMAL PET", "chase watch see follow hear", "ANIMAL BIRD", "quietly quickly"),
          to("ANIMAL PET", "watch follow see trust", "PERSON", "quietly patiently"),
          to("ANIMAL BIRD", "eat smell find steal drop", "FOOD", "quickly quietly"),
          to("CROWD", "greet follow cheer thank", "PERSON", "happily noisily"));

  /** Verb, object and a place that belongs to the verb: "Tom left the key on the table." */
  static final List<Frame> LOCATED =
      List.of(
          put("PERSON", "put leave hide find keep see drop notice", "THING TOY VESSEL", STORED),
          put("PERSON", "put leave hide find keep need", "TOOL TEXT CLOTHING", STORED),
          put("PERSON", "meet see help hear", "PERSON", OUT_AND_ABOUT),
          put("PERSON", "feed find see watch lose", "ANIMAL PET", OUTDOORS),
          put("PERSON", "play practice hear", "INSTRUMENT", INDOORS),
          put("PERSON", "read write study", "TEXT", INDOORS),
          put("PERSON", "park leave see", "VEHICLE CYCLE", PARKED),
          put("PERSON", "plant see", "PLANT", GROWING),
          put("ANIMAL", "chase follow see", "ANIMAL BIRD", OUTDOORS),
          put("PERSON", "build paint put", "FURNITURE", STANDING));

  /** Where small things are kept. */
  static List<Spot> stored() {
    return STORED;
  }

  private static Frame at(String subjects, String verbs, String adverbs, List<Spot> places) {
    return new Frame(kinds(subjects), Lexicon.words(verbs), List.of(), list(adverbs), places);
  }

  private static Frame to(String subjects, String verbs, String objects, String adverbs) {
    return new Frame(
        kinds(subjects), Lexicon.words(verbs), kinds(objects), list(adverbs), List.of());
  }

  private static Frame put(String subjects, String verbs, String objects, List<Spot> places) {
    return new Frame(kinds(subjects), Lexicon.words(verbs), kinds(objects), List.of(), places);
  }

  private static List<Kind> kinds(String names) {
    return Stream.of(names.split(" ")).map(Kind::valueOf).toList();
  }

  private static List<String> list(String words) {
    return words.isEmpty() ? List.of() : Lexicon.words(words);
  }
}
