#include "reelcell/labelio/objects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"

namespace reelcell::labelio {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ObjectFile read(const char* format, const std::string& text) {
  return format_named(format).read_objects(text, "labels");
}
template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}
std::string refusal(const char* format, const std::string& text) {
  return message_of([&] { read(format, text); });
}

std::string coco(const std::string& annotation) {
  return R"({"images": [{"id": 7, "file_name": "f/000007.jpg", "width": 8, "height": 6}],
             "categories": [{"id": 2, "name": "scratch"}],
             "annotations": [)" +
         annotation + "]}";
}

TEST(Coco, ReadsABox) {
  const ObjectFile file =
      read("coco", coco(R"({"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 2, 3.5, 1],
                                               "track_id": 4, "attributes": {"occluded": true, "depth": 3}})"));
  ASSERT_THAT(file.objects, SizeIs(1));
  EXPECT_TRUE(file.pictures);
  const DrawnObject& drawn = file.objects[0];
  EXPECT_EQ(drawn.picture, "f/000007.jpg");
  EXPECT_EQ(drawn.object.label, "scratch");
  EXPECT_EQ(drawn.object.track, "4");
  EXPECT_EQ(drawn.object.shape, ObjectShape::kBox);
  EXPECT_THAT(drawn.object.box, ElementsAre(1, 2, 4.5, 3));
  EXPECT_TRUE(drawn.object.occluded);
  EXPECT_EQ(drawn.object.source, "annotation 1");
  EXPECT_EQ(in_pixels(drawn, 8, 6, "x").box[2], 4.5);
  EXPECT_THAT(message_of([&] { in_pixels(drawn, 16, 12, "x"); }),
              HasSubstr("was drawn on a picture of 8 x 6 pixels, but the video has 16 x 12"));
}

TEST(Coco, ReadsPolygonsAndBothFormsOfMasks) {
  const ObjectFile polygon = read("coco", coco(R"({"id": 1, "image_id": 7, "category_id": 2,
      "segmentation": [[1, 1, 4, 1, 4, 3], [5, 5, 6, 5, 6, 6]]})"));
  const PictureObject shape = in_pixels(polygon.objects.at(0), 8, 6, "x");
  EXPECT_EQ(shape.shape, ObjectShape::kPolygon);
  EXPECT_THAT(shape.outlines, SizeIs(2));
  EXPECT_THAT(shape.box, ElementsAre(1, 1, 6, 6));
  // Columns of 6: from row 1 to 3 of column 1, and row 2 of column 2.
  const std::vector<std::uint32_t> runs = {7, 3, 4, 1, 33};
  for (const char* counts : {"[7, 3, 4, 1, 33]", R"("734Nm0")"}) {
    const ObjectFile mask =
        read("coco", coco(std::string(R"({"id": 1, "image_id": 7, "category_id": 2,
      "segmentation": {"size": [6, 8], "counts": )") +
                          counts + "}}"));
    const PictureObject object = in_pixels(mask.objects.at(0), 8, 6, "x");
    EXPECT_EQ(object.shape, ObjectShape::kMask);
    EXPECT_EQ(object.runs, runs) << counts;
    EXPECT_THAT(object.box, ElementsAre(1, 1, 3, 4));
  }
}

TEST(Coco, RefusesWhatCannotBe) {
  EXPECT_THAT(refusal("coco", "[]"), HasSubstr("is no COCO document"));
  EXPECT_THAT(
      refusal("coco", coco(R"({"id": 1, "image_id": 9, "category_id": 2, "bbox": [0, 0, 1, 1]})")),
      HasSubstr("annotation 1: there is no image 9"));
  EXPECT_THAT(
      refusal("coco", coco(R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 1, 1]})")),
      HasSubstr("category is not listed"));
  EXPECT_THAT(refusal("coco", coco(R"({"id": 1, "image_id": 7, "category_id": 2})")),
              HasSubstr("neither a bbox"));
  const ObjectFile small = read("coco", coco(R"({"id": 1, "image_id": 7, "category_id": 2,
      "segmentation": {"size": [6, 8], "counts": [7, 3]}})"));
  EXPECT_THAT(message_of([&] { in_pixels(small.objects.at(0), 8, 6, "x"); }),
              HasSubstr("its mask has 10 pixels"));
  EXPECT_THAT(message_of([] { format_named("coco").read("{}", "x"); }), HasSubstr("\"objects\""));
}

std::string cvat(const std::string& body) {
  return R"(<?xml version="1.0"?><annotations><version>1.1</version><meta><task><size>30</size>
<original_size><width>8</width><height>6</height></original_size></task></meta>)" +
         body + "</annotations>";
}

TEST(Cvat, MovesABoxEvenlyBetweenPlacedFrames) {
  const ObjectFile file = read("cvat", cvat(R"(<track id="3" label="hand">
    <box frame="4" xtl="0" ytl="0" xbr="2" ybr="2" outside="0" occluded="1" keyframe="1"><attribute name="side">left</attribute></box>
    <box frame="8" xtl="4" ytl="2" xbr="6" ybr="4" outside="0" occluded="0" keyframe="1"/>
    <box frame="9" xtl="4" ytl="2" xbr="6" ybr="4" outside="1" occluded="0" keyframe="1"/>
    <box frame="20" xtl="1" ytl="2" xbr="3" ybr="4" outside="0" occluded="0" keyframe="1"/></track>)"));
  std::vector<std::int64_t> frames;
  for (const DrawnObject& drawn : file.objects) frames.push_back(drawn.frame);
  EXPECT_THAT(frames, testing::UnorderedElementsAre(4, 5, 6, 7, 8, 20));
  EXPECT_EQ(file.frames, 30);
  for (const DrawnObject& drawn : file.objects) {
    EXPECT_EQ(drawn.object.label, "hand");
    EXPECT_EQ(drawn.object.track, "3");
    EXPECT_EQ(drawn.object.interpolated, drawn.frame > 4 && drawn.frame < 8);
    if (drawn.frame == 6) {
      EXPECT_THAT(drawn.object.box, ElementsAre(2, 1, 4, 3));
    }
    if (drawn.frame == 4) {
      EXPECT_TRUE(drawn.object.occluded);
      EXPECT_EQ(drawn.object.attributes.at(0), (std::pair<std::string, Value>("side", "left")));
    }
  }
}

TEST(Cvat, ReadsPolygonsMasksAndTurnedBoxes) {
  const ObjectFile file = read("cvat", cvat(R"(<track id="0" label="a">
    <polygon frame="1" points="1.5,1;4,1;4,3" outside="0" occluded="0" keyframe="1"/></track>
    <track id="1" label="b"><mask frame="2" rle="1, 2, 1, 1, 1" left="1" top="2" width="3" height="2" outside="0" occluded="0" keyframe="1"/></track>
    <track id="2" label="c"><box frame="3" xtl="2" ytl="1" xbr="6" ybr="3" rotation="90" outside="0" occluded="0" keyframe="1"/>
    <ellipse frame="3" cx="1" cy="1" rx="1" ry="1" outside="0"/></track>)"));
  ASSERT_THAT(file.objects, SizeIs(3));
  EXPECT_THAT(file.objects[0].object.outlines.at(0), ElementsAre(1.5, 1, 4, 1, 4, 3));
  // Rows of 3 at (1, 2): . # # / . # . , so (2, 2), (3, 2) and (2, 3) are inside.
  const PictureObject mask = in_pixels(file.objects[1], 8, 6, "x");
  EXPECT_EQ(mask.runs, (std::vector<std::uint32_t>{14, 2, 4, 1, 27}));
  EXPECT_THAT(mask.box, ElementsAre(2, 2, 4, 4));
  const PictureObject turned = in_pixels(file.objects[2], 8, 6, "x");
  EXPECT_EQ(turned.shape, ObjectShape::kPolygon);
  EXPECT_NEAR(turned.box[0], 3, 1e-9);  // about its middle (4, 2)
  EXPECT_NEAR(turned.box[1], 0, 1e-9);
  EXPECT_NEAR(turned.box[2], 5, 1e-9);
  EXPECT_NEAR(turned.box[3], 4, 1e-9);
  EXPECT_EQ(file.left_out, 1u);
}

TEST(Cvat, ReadsPicturesByName) {
  const ObjectFile file = read("cvat", cvat(R"(<image id="0" name="f/7.png" width="8" height="6">
    <box label="a" xtl="1" ytl="1" xbr="2" ybr="2" occluded="0"/><tag label="bad"/></image>)"));
  EXPECT_TRUE(file.pictures);
  ASSERT_THAT(file.objects, SizeIs(1));
  EXPECT_EQ(file.objects[0].picture, "f/7.png");
  EXPECT_EQ(file.objects[0].object.label, "a");
  EXPECT_EQ(file.left_out, 1u);
}

TEST(Cvat, RefusesMasksThatLeaveThePicture) {
  EXPECT_THAT(
      refusal(
          "cvat",
          cvat(
              R"(<track id="1" label="b"><mask frame="2" rle="1" left="6" top="2" width="3" height="2" outside="0"/></track>)")),
      HasSubstr("its mask leaves the picture"));
  EXPECT_THAT(
      refusal(
          "cvat",
          cvat(
              R"(<track id="1" label="b"><mask frame="2" rle="1, 99" left="1" top="2" width="3" height="2" outside="0"/></track>)")),
      HasSubstr("more pixels than its rectangle"));
  EXPECT_THAT(
      refusal(
          "cvat",
          cvat(
              R"(<track id="1" label="b"><polygon frame="2" points="1,2;x,3" outside="0"/></track>)")),
      HasSubstr("'x' is no number"));
}

TEST(LabelStudio, ReadsBoxesOfAVideoInPercentFromFrameOne) {
  const ObjectFile file =
      read("label_studio", R"([{"data": {"video": "front.mp4"}, "annotations": [{"result": [
    {"id": "t1", "type": "videorectangle", "value": {"framesCount": 30, "labels": ["hand"], "sequence": [
      {"frame": 1, "x": 25, "y": 50, "width": 25, "height": 50, "rotation": 0, "enabled": true},
      {"frame": 3, "x": 75, "y": 50, "width": 25, "height": 50, "rotation": 0, "enabled": false},
      {"frame": 29, "x": 0, "y": 0, "width": 50, "height": 50, "rotation": 0, "enabled": true}]}},
    {"type": "choices", "value": {}}]}]}])");
  EXPECT_EQ(file.frames, 30);
  EXPECT_EQ(file.media, "front.mp4");
  EXPECT_EQ(file.left_out, 1u);
  ASSERT_THAT(file.objects, SizeIs(5));
  EXPECT_EQ(file.objects[0].frame, 0);
  const PictureObject first = in_pixels(file.objects[0], 8, 6, "x");
  EXPECT_THAT(first.box, ElementsAre(2, 3, 4, 6));
  EXPECT_EQ(first.label, "hand");
  EXPECT_EQ(first.track, "t1");
  EXPECT_EQ(file.objects[1].frame, 1);
  EXPECT_TRUE(file.objects[1].object.interpolated);
  EXPECT_THAT(in_pixels(file.objects[1], 8, 6, "x").box, ElementsAre(4, 3, 6, 6));
  EXPECT_EQ(file.objects[2].frame, 2);  // and gone after it
  EXPECT_EQ(file.objects[3].frame, 28);
  EXPECT_EQ(file.objects[4].frame, 29);  // to the end of the video
}

std::string picture_task(const std::string& result) {
  return R"([{"data": {"image": "/data/upload/7.png"}, "annotations": [{"result": [)" + result +
         "]}]}]";
}

TEST(LabelStudio, ReadsPolygonsAndBrushMasksOfPictures) {
  const ObjectFile polygon =
      read("label_studio",
           picture_task(R"({"type": "polygonlabels", "original_width": 8, "original_height": 6,
    "value": {"points": [[25, 50], [50, 50], [50, 100]], "polygonlabels": ["dent"]}})"));
  ASSERT_THAT(polygon.objects, SizeIs(1));
  EXPECT_EQ(polygon.objects[0].picture, "7.png");
  EXPECT_THAT(in_pixels(polygon.objects[0], 8, 6, "x").outlines.at(0),
              ElementsAre(2, 3, 4, 3, 4, 6));
  // Packed outside of this program: 4 x 3 pixels, (1, 1) and (2, 1) inside.
  const ObjectFile brush =
      read("label_studio",
           picture_task(R"({"type": "brushlabels", "original_width": 4, "original_height": 3,
    "value": {"format": "rle", "brushlabels": ["dent"], "rle": [0, 0, 0, 48, 57, 27, 248, 64, 1, 66, 144, 128, 2, 20, 41, 8, 0, 33, 66,
    144, 128, 2, 20, 41, 8, 1, 208, 161, 64, 7, 240, 161, 79, 247, 240, 161, 79, 240, 0, 161, 72, 64, 1, 10, 20, 132, 0, 16, 161, 72,
    64, 1, 10, 20, 132, 0, 32, 161, 64, 0]}})"));
  const PictureObject mask = in_pixels(brush.objects.at(0), 4, 3, "x");
  EXPECT_EQ(mask.runs, (std::vector<std::uint32_t>{4, 1, 2, 1, 4}));
  EXPECT_THAT(mask.box, ElementsAre(1, 1, 3, 2));
}

TEST(LabelStudio, RefusesBrushMasksThatBreakOff) {
  EXPECT_THAT(
      refusal("label_studio",
              picture_task(R"({"type": "brushlabels", "original_width": 4, "original_height": 3,
    "value": {"brushlabels": ["dent"], "rle": [0, 0, 0, 48, 57, 27]}})")),
      HasSubstr("end early"));
  EXPECT_THAT(
      refusal("label_studio",
              picture_task(R"({"type": "brushlabels", "original_width": 40, "original_height": 3,
    "value": {"brushlabels": ["dent"], "rle": [0, 0, 0, 48, 57, 27]}})")),
      HasSubstr("holds 48 values, expected 480"));
}

TEST(Runs, TextsThatCannotBeAreRefused) {
  EXPECT_THAT(message_of([] { runs_from_text("03T3S2\\k1kMeQ"); }), HasSubstr("ends early"));
  EXPECT_THAT(message_of([] { runs_from_text("\x01"); }), HasSubstr("impossible character"));
  EXPECT_THAT(runs_from_text("61X13mN000`0"), ElementsAre(6, 1, 40, 4, 5, 4, 5, 4, 21));
  EXPECT_THAT(runs_from_text("03T3S2\\k1kMeQN"), ElementsAre(0, 3, 100, 70, 2000, 1, 5));
}

TEST(FrameTables, NameAPictureAndItsPlace) {
  const FrameTable table = read_frame_table("file_name,pts\n\"a,b.png\",512\nc.png,1024\n", "t");
  EXPECT_EQ(table.key, FrameTable::Key::kPts);
  EXPECT_EQ(table.of.at("a,b.png"), 512);
  EXPECT_EQ(read_frame_table("picture,frame\nx,0\n", "t").key, FrameTable::Key::kFrame);
  EXPECT_THAT(message_of([] { read_frame_table("name,pts\n", "t"); }),
              HasSubstr("needs the column picture"));
  EXPECT_THAT(message_of([] { read_frame_table("picture,pts\na,1\na,2\n", "t"); }),
              HasSubstr("line 3: the picture 'a' is there twice"));
  EXPECT_THAT(message_of([] { read_frame_table("picture,pts\na,1.5\n", "t"); }),
              HasSubstr("no whole number"));
}

TEST(PictureObjects, LieWithinThePicture) {
  DrawnObject drawn;
  drawn.object.box = {-2, 1, 3, 2};
  EXPECT_EQ(in_pixels(drawn, 8, 6, "x").box[0], -2);  // a hand slips over the border
  drawn.object.box = {9, 1, 12, 2};
  EXPECT_THAT(message_of([&] { in_pixels(drawn, 8, 6, "x"); }), HasSubstr("lies outside"));
  drawn.object.box = {3, 1, 2, 2};
  EXPECT_THAT(message_of([&] { in_pixels(drawn, 8, 6, "x"); }), HasSubstr("wrong order"));
}

TEST(PictureObjects, ComeBackFromTheirDocument) {
  PictureObject object;
  object.label = "dent";
  object.track = "4";
  object.shape = ObjectShape::kMask;
  object.box = {1, 2, 3.25, 4};
  object.outlines = {{1, 2, 3, 4, 5, 6.5}};
  object.runs = {4, 1, 2};
  object.occluded = object.interpolated = true;
  object.attributes = {{"side", std::string("left")}, {"depth", std::int64_t{3}}};
  object.source = "cvat front.xml line 12";
  const std::vector<ClipObjects> clips = {
      {"observation.images.front", "front", 8, 6, {{0, object}, {0, object}, {7, object}}}};
  const Json document = objects_to_json(clips);
  const auto back = objects_from_json(document, "x");
  EXPECT_EQ(objects_to_json(back), document);
  ASSERT_THAT(back.at(0).entries, SizeIs(3));
  EXPECT_EQ(back[0].entries[2].row, 7u);
  EXPECT_EQ(back[0].entries[2].object.runs, object.runs);
  EXPECT_EQ(back[0].entries[2].object.attributes, object.attributes);
  EXPECT_NE(
      message_of([] { objects_from_json(Json::parse(R"({"format": "x", "version": 1})"), "x"); }),
      "");
}

TEST(Objects, AreScaledWithTheirPicture) {
  PictureObject box;
  box.box = {2, 2, 6, 4};
  EXPECT_THAT(scaled(box, 8, 6, 4, 12).box, ElementsAre(1, 4, 3, 8));
  PictureObject polygon;
  polygon.shape = ObjectShape::kPolygon;
  polygon.outlines = {{0, 0, 8, 0, 4, 6}};
  polygon.box = {0, 0, 8, 6};
  EXPECT_THAT(scaled(polygon, 8, 6, 4, 3).outlines[0], ElementsAre(0, 0, 4, 0, 2, 3));
  EXPECT_THAT(scaled(polygon, 8, 6, 4, 3).box, ElementsAre(0, 0, 4, 3));
  PictureObject mask;
  mask.shape = ObjectShape::kMask;
  const auto inside = [](int x, int y) { return x >= 2 && x < 6 && y >= 2 && y < 4; };
  mask.runs = runs_of(8, 6, inside);
  mask.box = *box_of_runs(mask.runs, 6);
  EXPECT_EQ(scaled(mask, 8, 6, 16, 12).runs,
            runs_of(16, 12, [&](int x, int y) { return inside(x / 2, y / 2); }));
  EXPECT_THAT(scaled(mask, 8, 6, 4, 3).box, ElementsAre(1, 1, 3, 2));
  EXPECT_EQ(scaled(mask, 8, 6, 8, 6).runs, mask.runs);
  // One that is smaller than a pixel keeps one, at its place.
  mask.runs = runs_of(80, 60, [](int x, int y) { return x == 41 && y == 20; });
  mask.box = *box_of_runs(mask.runs, 60);
  EXPECT_THAT(scaled(mask, 80, 60, 8, 6).box, ElementsAre(4, 2, 5, 3));
}

}  // namespace
}  // namespace reelcell::labelio
