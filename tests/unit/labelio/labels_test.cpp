#include "reelcell/labelio/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "reelcell/base/error.hpp"

namespace reelcell::labelio {
namespace {
using testing::HasSubstr;
using testing::SizeIs;

LabelFile read(const char* format, const std::string& text) {
  return format_named(format).read(text, "labels");
}
std::string refusal(const char* format, const std::string& text) {
  try {
    read(format, text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

const std::string kLabelStudio = R"([{"id": 4, "data": {"video": "front.mp4"}, "annotations": [
  {"id": 9, "result": [
    {"type": "timelinelabels", "from_name": "phase", "to_name": "video", "framesCount": 90,
     "value": {"ranges": [{"start": 1, "end": 30}, {"start": 61, "end": 61}], "timelinelabels": ["grip"]}},
    {"type": "videorectangle", "value": {}}]}]}])";

TEST(LabelStudio, CountsFramesFromOneWithBothEndsLabelled) {
  const LabelFile file = read("label_studio", kLabelStudio);
  ASSERT_THAT(file.spans, SizeIs(2));
  EXPECT_EQ(file.spans[0].first, 0);
  EXPECT_EQ(file.spans[0].last, 29);
  EXPECT_EQ(file.spans[1].first, 60);
  EXPECT_EQ(file.spans[1].last, 60);
  EXPECT_EQ(file.spans[0].name, "grip");
  EXPECT_EQ(file.spans[0].tier, "phase");
  EXPECT_EQ(file.frames, 90);
  EXPECT_EQ(file.left_out, 1u);
  EXPECT_EQ(file.media, "front.mp4");
}

TEST(LabelStudio, RefusesSeveralTasksAndSeveralAnnotators) {
  EXPECT_THAT(refusal("label_studio", "[{\"annotations\": []}, {\"annotations\": []}]"),
              HasSubstr("2 tasks"));
  EXPECT_THAT(refusal("label_studio", R"([{"annotations": [{"result": []}, {"result": []}]}])"),
              HasSubstr("several annotations"));
  EXPECT_THAT(refusal("label_studio", "{}"), HasSubstr("no Label Studio export"));
  EXPECT_THAT(refusal("label_studio", "[[["), HasSubstr("labels"));
  EXPECT_THAT(refusal("label_studio", R"([{"annotations": [], "predictions": [{"result": []}]}])"),
              HasSubstr("nobody has annotated the task yet: it has 1 predictions"));
}

const std::string kCvat = R"(<?xml version="1.0"?><annotations><version>1.1</version>
<meta><task><size>100</size><start_frame>0</start_frame><frame_filter></frame_filter></task>
<source>front.mp4</source></meta>
<track id="0" label="scratch" source="manual">
 <box frame="10" xtl="1" ytl="2" xbr="3" ybr="4" outside="0" occluded="0" keyframe="1"/>
 <box frame="20" xtl="1" ytl="2" xbr="3" ybr="4" outside="1" occluded="0" keyframe="1"/>
 <box frame="40" xtl="1" ytl="2" xbr="3" ybr="4" outside="0" occluded="0" keyframe="1"/>
 <box frame="45" xtl="1" ytl="2" xbr="3" ybr="4" outside="0" occluded="0" keyframe="1"/>
</track></annotations>)";

TEST(Cvat, SeesATrackUntilItGoesOutside) {
  const LabelFile file = read("cvat", kCvat);
  ASSERT_THAT(file.spans, SizeIs(2));
  EXPECT_EQ(file.spans[0].first, 10);
  EXPECT_EQ(file.spans[0].last, 19);
  EXPECT_EQ(file.spans[1].first, 40);
  EXPECT_EQ(file.spans[1].last, 45);
  EXPECT_EQ(file.spans[0].name, "scratch");
  EXPECT_EQ(file.frames, 100);
}

TEST(Cvat, RefusesAProjectOfSeveralVideos) {
  const auto track = [](const char* task) {
    return std::string("<track id=\"0\" label=\"x\" task_id=\"") + task +
           "\"><box frame=\"1\" xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\" outside=\"0\"/></track>";
  };
  const auto document = [](const std::string& meta, const std::string& tracks) {
    return "<annotations><version>1.1</version><meta>" + meta + "</meta>" + tracks +
           "</annotations>";
  };
  const auto task = [](const char* id, const char* source) {
    return std::string("<task><id>") + id + "</id><size>100</size><source>" + source +
           "</source></task>";
  };
  const auto project = [](const std::string& tasks) {
    return "<project><tasks>" + tasks + "</tasks></project>";
  };
  const std::string both = project(task("1", "front.mp4") + task("2", "rear.mp4"));
  EXPECT_THAT(refusal("cvat", document(both, track("1") + track("2"))),
              HasSubstr("2 tasks ('front.mp4' or 'rear.mp4')"));
  EXPECT_THAT(refusal("cvat", document("", track("1") + track("2"))), HasSubstr("2 tasks"));
  const LabelFile one = read("cvat", document(project(task("1", "front.mp4")), track("1")));
  EXPECT_THAT(one.spans, SizeIs(1));
  EXPECT_EQ(one.frames, 100);
  EXPECT_EQ(one.media, "front.mp4");
}

TEST(Labels, KnowTheirVideoByItsNameWhateverAToolMadeOfIt) {
  for (const char* media :
       {"front.mp4", "file:///D:/rec/Front.MP4", "/data/upload/1/1f2e3d4c-front.mp4?token=x",
        "C:\\rec\\front.webm", "", "$undefined$"})
    EXPECT_TRUE(same_media(media, "video/front.mp4")) << media;
  EXPECT_TRUE(same_media("my%20cam.mp4", "my cam.mkv"));
  EXPECT_TRUE(same_media("front.mp4", "run07.mcap"));  // a log is called as it likes
  EXPECT_FALSE(same_media("rear.mp4", "video/front.mp4"));
  EXPECT_FALSE(same_media("file:///front_2.mp4", "front.mp4"));
}

TEST(Cvat, RefusesOtherVersionsAndFilteredFrames) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = kCvat;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_THAT(refusal("cvat", with("1.1", "1.0")), HasSubstr("1.0"));
  EXPECT_THAT(refusal("cvat", with("<frame_filter>", "<frame_filter>step=5")), HasSubstr("step=5"));
  EXPECT_THAT(refusal("cvat", with("<start_frame>0", "<start_frame>7")), HasSubstr("frame 7"));
  EXPECT_THAT(refusal("cvat", with("frame=\"10\"", "frame=\"ten\"")), HasSubstr("'ten'"));
  EXPECT_THAT(refusal("cvat", "<annotations>"), HasSubstr("no XML"));
  EXPECT_THAT(refusal("cvat", "<x/>"), HasSubstr("<x>"));
}

TEST(Xml, LoadsNoFileFromOutside) {
  const std::string text =
      R"(<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<ANNOTATION_DOCUMENT><TIME_ORDER/><TIER TIER_ID="&e;"/></ANNOTATION_DOCUMENT>)";
  // An entity in an attribute is an error of the document, not a way to read a file.
  EXPECT_THAT(refusal("elan", text), testing::Not(HasSubstr("root:")));
}

TEST(Elan, ReadsAlignedAnnotationsInMs) {
  const std::string text = R"(<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="1500"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="2250"/>
<TIME_SLOT TIME_SLOT_ID="c"/></TIME_ORDER>
<TIER TIER_ID="phase"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">
<ANNOTATION_VALUE>grip</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>)";
  const LabelFile file = read("elan", text);
  ASSERT_THAT(file.spans, SizeIs(1));
  EXPECT_EQ(file.spans[0].first, 1'500'000'000);
  EXPECT_EQ(file.spans[0].last, 2'250'000'000);
  EXPECT_EQ(file.spans[0].name, "grip");
  EXPECT_EQ(file.spans[0].tier, "phase");
  std::string open = text;
  open.replace(open.find("REF2=\"b\""), 8, "REF2=\"c\"");
  EXPECT_THAT(refusal("elan", open), HasSubstr("has no time"));
}

TEST(CsvLabels, ReadsFramesAndTimesWithQuotedText) {
  const LabelFile frames = read("csv", "start_frame,end_frame,label,who\n3,7,\"a, \"\"b\"\"\",x\n");
  ASSERT_THAT(frames.spans, SizeIs(1));
  EXPECT_EQ(frames.spans[0].name, "a, \"b\"");
  EXPECT_EQ(frames.spans[0].last, 7);
  EXPECT_EQ(frames.spans[0].attributes.at(0).first, "who");
  const LabelFile times =
      read("csv", "label,start_s,end_s,confidence\r\ngrip,0.000000001,2.5,0.5\r\n");
  EXPECT_EQ(times.spans.at(0).first, 1);
  EXPECT_EQ(times.spans[0].last, 2'500'000'000);
  EXPECT_EQ(times.spans[0].confidence, 0.5);
  EXPECT_THAT(refusal("csv", "label,start_s\n"), HasSubstr("end_s"));
  EXPECT_THAT(refusal("csv", "label,start_s,end_s\nx,1\n"), HasSubstr("row 2"));
  EXPECT_THAT(refusal("csv", "label,start_frame,end_frame\nx,1.5,2\n"), HasSubstr("'1.5'"));
}

TEST(OpcUa, ReadsPartialResultsAndLeavesSimulatedOnesOut) {
  const std::string text = R"([
   {"resultMetaData": {"resultId": "r1", "stepId": "P017", "partId": "S1", "resultEvaluation": 2, "isPartial": true,
     "processingTimes": {"startTime": "2026-01-31T10:00:00Z", "endTime": "2026-01-31T10:00:00.1Z"}}},
   {"ResultId": "r2", "ResultEvaluation": "NotDecidable_3",
     "ProcessingTimes": {"StartTime": "2026-01-31T10:00:01Z", "EndTime": "2026-01-31T10:00:02Z"}},
   {"resultId": "r4", "resultEvaluation": 1, "resultState": 3,
     "processingTimes": {"startTime": "2026-01-31T10:00:03Z", "endTime": "2026-01-31T10:00:04Z"}},
   {"resultId": "r3", "isSimulated": true}])";
  const LabelFile file = read("opcua", text);
  ASSERT_THAT(file.spans, SizeIs(3));
  EXPECT_EQ(file.spans[0].confidence, 1);
  EXPECT_EQ(file.spans[2].name, "OK");
  EXPECT_EQ(file.spans[2].confidence, 0);  // aborted
  EXPECT_EQ(file.spans[0].name, "NotOK");
  EXPECT_EQ(file.spans[0].tier, "P017");
  EXPECT_EQ(file.spans[0].last - file.spans[0].first, 100'000'000);
  EXPECT_EQ(file.spans[1].name, "NotDecidable");
  EXPECT_EQ(file.spans[1].confidence, 0);  // goes to review
  EXPECT_EQ(file.left_out, 1u);
  EXPECT_THAT(refusal("opcua", "[{}]"), HasSubstr("resultId"));
  EXPECT_THAT(refusal("opcua", R"({"resultId": "x", "resultEvaluation": 9,
      "processingTimes": {"startTime": "2026-01-31T10:00:00Z", "endTime": "2026-01-31T10:00:01Z"}})"),
              HasSubstr("expected 0 to 3"));
}

TEST(OpcUa, LeavesTheTotalResultOutBesideThoseOfItsSteps) {
  const std::string times =
      R"("processingTimes": {"startTime": "2026-01-31T10:00:00Z", "endTime": "2026-01-31T10:00:09Z"}})";
  const std::string total =
      R"({"resultId": "all", "resultEvaluation": 2, "isPartial": false, )" + times;
  const std::string step = R"({"resultId": "a", "stepId": "P1", "isPartial": true, )" + times;
  const LabelFile both = read("opcua", "[" + step + "," + total + "]");
  ASSERT_THAT(both.spans, SizeIs(1));
  EXPECT_EQ(both.spans[0].tier, "P1");
  EXPECT_EQ(both.left_out, 1u);
  EXPECT_THAT(read("opcua", total).spans, SizeIs(1));  // all that there is
}

TEST(Labels, ComeBackAsTheyWereWritten) {
  LabelFile file;
  file.frames = 100;
  file.media = "front & \"wrist\".mp4";
  file.width = 480;
  file.height = 360;
  for (const auto& [first, last, name] :
       {std::tuple{0, 0, "a<b"}, {5, 9, "grip"}, {90, 99, "a<b"}}) {
    Span& span = file.spans.emplace_back();
    span.first = first;
    span.last = last;
    span.name = name;
  }
  for (const FormatRow* format : all_formats()) {
    if (!format->write) continue;
    const LabelFile again = format->read(format->write(file), "again");
    EXPECT_EQ(again.frames, file.frames) << format->name;
    EXPECT_EQ(again.media, file.media) << format->name;
    ASSERT_THAT(again.spans, SizeIs(file.spans.size())) << format->name;
    for (std::size_t i = 0; i < file.spans.size(); ++i) {
      EXPECT_EQ(again.spans[i].first, file.spans[i].first) << format->name;
      EXPECT_EQ(again.spans[i].last, file.spans[i].last) << format->name;
      EXPECT_EQ(again.spans[i].name, file.spans[i].name) << format->name;
    }
  }
}

/// 30 fps, with `lost` frames missing after the tenth.
std::vector<Nanos> frames_at_30(std::size_t count, std::size_t lost) {
  std::vector<Nanos> times;
  for (std::size_t i = 0; i < count + lost; ++i)
    if (i < 10 || i >= 10 + lost) times.push_back(tick_time(static_cast<std::int64_t>(i), {30, 1}));
  return times;
}
LabelFile frame_numbers(std::optional<std::int64_t> frames) {
  LabelFile file;
  file.spans.push_back({});
  file.frames = frames;
  return file;
}
std::string mapping_refusal(const LabelFile& file, std::optional<double> fps,
                            const std::vector<Nanos>& times) {
  try {
    map_frames(file, fps, times, "front", "labels");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(FrameMap, TakesNumbersAsOrdinalsWhereTheCountIsTheVideos) {
  const FrameMap map = map_frames(frame_numbers(90), std::nullopt, frames_at_30(90, 5), "f", "l");
  EXPECT_EQ(map.ordinal(50), 50u);
  EXPECT_EQ(map.ordinal(90), std::nullopt);
  EXPECT_EQ(map.ordinal(-1), std::nullopt);
}

TEST(FrameMap, TakesNumbersAsPlayingTimeWhereTheToolCountedLostFramesToo) {
  const FrameMap map = map_frames(frame_numbers(95), 30, frames_at_30(90, 5), "f", "l");
  EXPECT_EQ(map.ordinal(9), 9u);
  EXPECT_EQ(map.ordinal(15), 10u);  // the first frame after the five that are missing
  EXPECT_EQ(map.ordinal(94), 89u);
  EXPECT_EQ(map.ordinal(96), std::nullopt);
}

TEST(FrameMap, RefusesWhatDoesNotFitWithAnExplanation) {
  EXPECT_THAT(mapping_refusal(frame_numbers(70), 30, frames_at_30(90, 5)),
              HasSubstr("another video"));
  EXPECT_THAT(mapping_refusal(frame_numbers({}), {}, frames_at_30(90, 0)), HasSubstr("\"fps\""));
  EXPECT_THAT(mapping_refusal(frame_numbers({}), 25, frames_at_30(90, 0)),
              HasSubstr("90 frames in 2.96667 s, which are 75 at 25 fps"));
  EXPECT_THAT(mapping_refusal(frame_numbers({}), 30, frames_at_30(90, 5)), HasSubstr("\"frames\""));
  EXPECT_EQ(mapping_refusal(frame_numbers({}), 30, frames_at_30(90, 0)), "");
  // The same number of frames, but a rate that only another video has; lost frames explain less.
  EXPECT_THAT(mapping_refusal(frame_numbers(90), 10, frames_at_30(90, 0)), HasSubstr("not 10"));
  EXPECT_EQ(mapping_refusal(frame_numbers(90), 30, frames_at_30(90, 5)), "");
  LabelFile stated = frame_numbers({});
  stated.fps = 25;
  EXPECT_THAT(mapping_refusal(stated, 30, frames_at_30(90, 0)), HasSubstr("at 25 fps"));
}

}  // namespace
}  // namespace reelcell::labelio
