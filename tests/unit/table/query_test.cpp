#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/support.hpp"

namespace reelcell::table {
namespace {

class Query : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "data");
    fs::create_directories(folder_ / "other");
    for (const char* name : {"data/a.parquet", "data/b.parquet", "other/c.parquet"}) {
      ParquetWriter writer(folder_ / name, {{"i", DType::kInt64, 0}, {"x", DType::kFloat64, 1}},
                           {});
      for (int i = 0; i < 3000; ++i) writer.append_row({i, {i * 0.5, 1}});
      writer.close();
    }
  }
  std::vector<std::pair<std::string, std::string>> views() const {
    const std::string root = folder_.path().string();
    return {{"one", "read_parquet('" + root + "/data/a.parquet')"},
            {"all_parts", "read_parquet('" + root + "/data/*.parquet')"},
            {"listed",
             "read_parquet(['" + root + "/data/a.parquet', '" + root + "/other/c.parquet'])"}};
  }
  test::TempFolder folder_;
};

TEST_F(Query, AnswersOverViewsOfFilesPatternsAndLists) {
  const QueryResult result =
      query(views(),
            "SELECT (SELECT count(*) FROM one) AS one, (SELECT count(*) FROM all_parts) AS "
            "many, (SELECT sum(i) FROM listed) AS total",
            10);
  EXPECT_EQ(result.names, (std::vector<std::string>{"one", "many", "total"}));
  EXPECT_EQ(result.types, (std::vector<std::string>{"BIGINT", "BIGINT", "HUGEINT"}));
  EXPECT_EQ(Json(result.rows), Json::parse("[[3000,6000,8997000]]"));
  EXPECT_FALSE(result.truncated);
}

TEST_F(Query, StopsAtTheRowLimitAndSaysSo) {
  const QueryResult result = query(views(), "SELECT i FROM one ORDER BY i", 2500);
  EXPECT_EQ(result.rows.size(), 2500u);
  EXPECT_TRUE(result.truncated);
  EXPECT_FALSE(query(views(), "SELECT i FROM one", 3000).truncated);
}

TEST_F(Query, ShowsEveryTypeAsJson) {
  const QueryResult result = query(
      {},
      "SELECT DATE '2026-01-31', 1.25, [1, NULL], {'a': 1, 'b': [true]}, 'x'::BLOB, NULL, "
      "'nan'::DOUBLE, "
      "2::HUGEINT ** 100, -(1::HUGEINT), TIMESTAMP '2026-01-31 10:00:00', MAP {'k': 1} -- comment",
      10);
  EXPECT_EQ(
      Json(result.rows[0]),
      Json::parse(
          R"(["2026-01-31",1.25,[1,null],{"a":1,"b":[true]},"x",null,null,1.2676506002282294e30,-1,
                            "2026-01-31 10:00:00","{k=1}"])"));
}

TEST_F(Query, ReachesNothingBesidesTheViews) {
  const std::string other = (folder_ / "other/c.parquet").string();
  const auto narrow = views()[1];
  for (const std::string& sql :
       {"SELECT * FROM '" + other + "'", std::string("SELECT * FROM read_text('/etc/passwd')"),
        std::string("SELECT * FROM read_csv('/etc/passwd')"),
        std::string("SELECT * FROM glob('/etc/*')"),
        std::string("SELECT * FROM read_blob('/proc/self/environ')"),
        "SELECT * FROM '" + (folder_ / "data/../other/c.parquet").string() + "'"})
    EXPECT_THROW(query({narrow}, sql, 10), InputError) << sql;
}

TEST_F(Query, RefusesWhatDoesNotRead) {
  const std::string inside = (folder_ / "data/new.parquet").string();
  for (const std::string& sql :
       {"COPY (SELECT 1) TO '" + inside + "'", std::string("SET threads = 4"),
        std::string("INSTALL httpfs"), std::string("LOAD httpfs"),
        std::string("CREATE TABLE t (i INT)"), "ATTACH '" + inside + "' AS x",
        std::string("SELECT 1; SELECT 2"), std::string(""), std::string("SELEC 1"),
        "EXPORT DATABASE '" + inside + "'", std::string("RESET enable_external_access"),
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + inside + "'",
        "/* SELECT */ EXPLAIN (ANALYZE) COPY (SELECT 1) TO '" + inside + "'"})
    EXPECT_THROW(query(views(), sql, 10), InputError) << sql;
  EXPECT_FALSE(fs::exists(inside));
}

TEST_F(Query, KeepsTheOrderOfACastQuery) {
  const QueryResult result =
      query(views(), "SELECT i, DATE '2020-01-01' + i::INT AS day FROM one ORDER BY i DESC;", 2);
  EXPECT_EQ(Json(result.rows), Json::parse(R"([[2999,"2028-03-18"],[2998,"2028-03-17"]])"));
  EXPECT_EQ(result.types[1], "DATE");
}

}  // namespace
}  // namespace reelcell::table
