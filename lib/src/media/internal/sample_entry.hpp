// The part of an MP4 that is particular to a codec: its sample entry, and how a coded frame is
// stored.
#pragma once

#include <memory>

#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// Codecs whose frames can be put into an MP4 here.
bool mp4_carries(const std::string& codec);
/// The 'stsd' box for packets of this format. `first` is the track's first packet. Throws
/// PlanError.
Bytes sample_description(const VideoFormat& format, ByteView first);
/// A coded frame as a sample: Annex B becomes length-prefixed, AV1 loses its temporal delimiters;
/// else the same bytes.
std::shared_ptr<const Bytes> to_sample(const VideoFormat& format,
                                       const std::shared_ptr<const Bytes>& packet);

}  // namespace reelcell::media
