// What a stream holds that has no file of its own: of an episode in a data set, of a folder.
#pragma once

#include "reelcell/base/hash.hpp"
#include "reelcell/model/recording.hpp"

namespace reelcell::pipeline {

/// Hash of a stream as its reader gives it: every sample with its time, or every coded frame, and
/// the session's attributes. The same wherever the samples lie: in a file of their own or
/// in one that grew since. Reads the stream through, decodes nothing; O(frames) memory. `video` of
/// a video stream, `recording` of another. Throws InputError.
Digests content_digests(const SessionDescription& session, const StreamInfo& stream,
                        const Recording* recording, const VideoSource* video);

/// XXH3-128 of columns in the order of their names: what rows hold, under whatever numbers they
/// lie.
std::string columns_digest(const std::vector<Column>& columns);

}  // namespace reelcell::pipeline
