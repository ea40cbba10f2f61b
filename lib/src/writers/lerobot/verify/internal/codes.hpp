// Codes of what verification finds in a LeRobot data set. They never change their meaning.
#pragma once

namespace reelcell::writers::lerobot::code {

// meta/info.json
inline constexpr const char* kInfoJson = "LR-INFO-JSON";  // missing, or no JSON object
inline constexpr const char* kInfoVersion =
    "LR-INFO-VERSION";  // codebase_version missing or unknown
inline constexpr const char* kInfoKey =
    "LR-INFO-KEY";  // a required key missing or of the wrong type
inline constexpr const char* kInfoFps = "LR-INFO-FPS";  // fps is not a whole number above 0
inline constexpr const char* kInfoPath =
    "LR-INFO-PATH";  // a path template leads elsewhere than the files
inline constexpr const char* kInfoTotals = "LR-INFO-TOTALS";  // a total differs from what is there
inline constexpr const char* kInfoSplits =
    "LR-INFO-SPLITS";  // a split names episodes that are not there
inline constexpr const char* kInfoAlone =
    "LR-INFO-ALONE";  // only the document was given, not its data set
inline constexpr const char* kFeatureMissing =
    "LR-FEATURE-MISSING";  // one of the five mandatory features
inline constexpr const char* kFeatureSpec = "LR-FEATURE-SPEC";  // name, dtype or shape cannot be
inline constexpr const char* kModality =
    "LR-MODALITY";  // GR00T's modality.json names what is not there

inline constexpr const char* kAnnotationIndex =
    "LR-ANNOTATION-INDEX";  // GR00T's annotations are no indices of listed tasks

// metadata tables
inline constexpr const char* kTasksMissing = "LR-TASKS-MISSING";  // no task table
inline constexpr const char* kTasksIndex =
    "LR-TASKS-INDEX";  // pandas would not see the texts as index
inline constexpr const char* kTasksOrder = "LR-TASKS-ORDER";  // task_index is not 0..N-1
inline constexpr const char* kTasksRange =
    "LR-TASKS-RANGE";  // rows or episodes use a task that is not listed
inline constexpr const char* kEpisodesMissing =
    "LR-EPISODES-MISSING";  // no episode table, or columns of it
inline constexpr const char* kEpisodesOrder = "LR-EPISODES-ORDER";  // not 0..N-1 in order
inline constexpr const char* kEpisodesRange =
    "LR-EPISODES-RANGE";  // dataset_from/to_index do not follow

// data files
inline constexpr const char* kDataMissing = "LR-DATA-MISSING";  // a data file is not there
inline constexpr const char* kDataUnreadable =
    "LR-DATA-UNREADABLE";  // not Parquet, cut, or values missing
inline constexpr const char* kDataUnreferenced =
    "LR-DATA-UNREFERENCED";                                         // a file that no episode names
inline constexpr const char* kColumnMissing = "LR-COLUMN-MISSING";  // a feature has no column
inline constexpr const char* kColumnExtra = "LR-COLUMN-EXTRA";      // a column has no feature
inline constexpr const char* kColumnType =
    "LR-COLUMN-TYPE";  // type differs from the feature's dtype
inline constexpr const char* kColumnShape =
    "LR-COLUMN-SHAPE";  // list length differs from the shape
inline constexpr const char* kHuggingFace =
    "LR-COLUMN-HUGGINGFACE";  // footer typing missing or contradicting
inline constexpr const char* kRowsLength =
    "LR-ROWS-LENGTH";  // rows differ from the episode's length
inline constexpr const char* kRowsEpisode = "LR-ROWS-EPISODE-INDEX";  // episode_index wrong
inline constexpr const char* kRowsFrame = "LR-ROWS-FRAME-INDEX";  // frame_index is not 0, 1, 2, ..
inline constexpr const char* kRowsIndex = "LR-ROWS-INDEX";  // index is not contiguous over the set
inline constexpr const char* kRowsTimestamp =
    "LR-ROWS-TIMESTAMP";                                  // not frame_index / fps within 1e-4 s
inline constexpr const char* kRowsNan = "LR-ROWS-NAN";    // NaN among the values
inline constexpr const char* kFileSize = "LR-FILE-SIZE";  // larger than the set's own cap

// video
inline constexpr const char* kVideoCamera = "LR-VIDEO-CAMERA";    // a camera without any file
inline constexpr const char* kVideoMissing = "LR-VIDEO-MISSING";  // some episodes without a file
inline constexpr const char* kVideoUnreferenced =
    "LR-VIDEO-UNREFERENCED";  // a file that no episode names
inline constexpr const char* kVideoUnreadable = "LR-VIDEO-UNREADABLE";  // cannot be opened, damaged
inline constexpr const char* kVideoFrames = "LR-VIDEO-FRAMES";          // frames differ from rows
inline constexpr const char* kVideoRange =
    "LR-VIDEO-RANGE";  // from/to_timestamp differ from length
inline constexpr const char* kVideoFirstPts = "LR-VIDEO-FIRST-PTS";  // first PTS is not 0
inline constexpr const char* kVideoRate = "LR-VIDEO-RATE";           // not constant at fps
inline constexpr const char* kVideoBFrames = "LR-VIDEO-B-FRAMES";    // frames are reordered
inline constexpr const char* kVideoKey =
    "LR-VIDEO-KEYFRAME";  // an episode starts between key frames
inline constexpr const char* kVideoFormat =
    "LR-VIDEO-FORMAT";  // codec, size or pix_fmt differ from info
inline constexpr const char* kVideoLong = "LR-VIDEO-LONG";  // beyond 1,000 s in one file
inline constexpr const char* kLookup = "LR-LOOKUP";         // the reader's look-up misses the frame
inline constexpr const char* kVideoFaststart =
    "LR-VIDEO-FASTSTART";  // the index lies behind the frames
inline constexpr const char* kVideoDecode =
    "LR-VIDEO-DECODE";  // deep: a border frame cannot be decoded

// pictures in the rows, deep
inline constexpr const char* kPictureDecode = "LR-PICTURE-DECODE";  // missing or damaged
inline constexpr const char* kPictureSize = "LR-PICTURE-SIZE";      // not of the feature's shape
inline constexpr const char* kPictureMixed = "LR-PICTURE-MIXED";  // of another kind than the first

// statistics
inline constexpr const char* kStatsMissing = "LR-STATS-MISSING";
inline constexpr const char* kStatsShape = "LR-STATS-SHAPE";
inline constexpr const char* kStatsCount = "LR-STATS-COUNT";  // count differs from rows
inline constexpr const char* kStatsValue =
    "LR-STATS-VALUE";  // min, max, mean or std differ from the data
inline constexpr const char* kStatsQuantile =
    "LR-STATS-QUANTILE";  // outside [min, max], unordered, or wrong share
inline constexpr const char* kStatsImage =
    "LR-STATS-IMAGE";  // picture figures that cannot be (std about 0)
inline constexpr const char* kStatsPictures =
    "LR-STATS-PICTURES";  // deep: picture figures of other pictures than the frames

}  // namespace reelcell::writers::lerobot::code
