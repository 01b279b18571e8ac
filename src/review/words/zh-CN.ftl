# 导航与公共
nav-live = 实时
nav-lots = 批次
nav-review = 复核
nav-standards = 标准
nav-system = 系统
skip = 跳到正文
log-in = 登录
log-out = 退出
none = 无
not-known = 未知

# 角色
role-viewer = 查看
role-operator = 操作员
role-manager = 主管

# 出错时
trouble-not-found = 没有这一页
trouble-not-found-next = 请从左侧菜单重新进入。
trouble-bad = 内容不对
trouble-bad-next = 请返回修改后再提交。
trouble-log-in = 需要登录
trouble-log-in-next = 请先登录。
trouble-form = 表单已失效
trouble-form-next = 请重新打开该页后再提交。
trouble-refused = 没有权限
trouble-refused-next = 请由有权限的人登录后操作。
trouble-store = 数据库暂时读不到
trouble-store-next = 生产线不受影响。请稍后重试；仍不行请检查磁盘。
trouble-letters = 本机没有中文字体，无法生成 PDF 报告。
trouble-letters-next = 请安装中文字体（Debian：fonts-noto-cjk），或以 --font FILE 启动页面。网页本身仍可打印。
trouble-broken = 程序出错
trouble-broken-next = 生产线不受影响。请重试；仍不行请查看日志。

# 登录
login-name = 姓名
login-password = 密码
login-wrong = 姓名或密码不对。
login-wait = 错误次数过多，请 { $seconds } 秒后再试。
login-nobody = 还没有用户：所有人都能查看，没有人能修改。请在本机上建立第一个用户：
people-for-managers = 用户名单只有主管可以查看。

# 术语
tray = 穴盘
trays = 盘
lot = 批次
lot-without-name = （未命名）
grade = 等级
route = 去向
moment = 时间
cell-place = 第 { $row } 行 第 { $col } 列
pass = 第 { $n } 次通过
counts = 判定计数
verdict-blank = 空穴
verdict-double = 双株
verdict-unsure = 存疑
verdict-weak = 弱苗
tray-refused = 未判定
tray-failed = 图片无法读取
emergence = 出苗率
marketable = 成苗率
uniformity = 整齐度（面积变异系数）
action-leave = 保留
action-remove = 剔除
action-thin = 间苗
action-pick = 取苗

# 性状
trait-occupied = 有苗概率
trait-several = 双株概率
trait-plants = 株数
trait-area = 冠层面积（格²）
trait-area-mm2 = 冠层面积（mm²）
trait-offset = 偏心距（格）
trait-offset-mm = 偏心距（mm）
trait-chlorotic = 黄化比例
trait-necrotic = 坏死比例
trait-overlap = 越界重叠
trait-leaves = 叶片数

# 单穴
tap-a-cell = 点一个穴孔，查看它的测量值和判定依据。
decided-by = 判定依据
decided-blank = 有苗概率 { $found }，低于 { $limit }：空穴。
decided-double = 双株概率 { $found }，高于 50 %，且有苗概率高于 { $occupied }：双株。
takes-the-rest = 其余的都归入此级
measured = 测量值
not-from-above = 株高、茎粗和干重从上方看不到，此处不提供。
neighbours = 相邻穴孔
unsure-occupancy = 有没有苗难以确定，请人工复核。
unsure-contradiction = 图像中的信息互相矛盾，请人工复核。
unsure-overlap = 邻穴叶片遮挡过多，请人工复核。
unsure-crowded = 冠层已封行，看不清各穴，请人工复核。
unsure-out-of-view = 该穴不完全在画面内，请人工复核。

# 图片
marks = 显示标记
zoom = 放大
picture-unknown = 没有照片记录，以下为穴孔图（圆面按冠层面积）。
picture-not-found = 找不到原照片，以下为穴孔图（圆面按冠层面积）。原路径：
picture-changed = 原照片已被改动，不再显示；以下为穴孔图（圆面按冠层面积）。原路径：
picture-unreadable = 照片无法读取，以下为穴孔图（圆面按冠层面积）。原路径：

# 证据
evidence = 证据
evidence-row = 数据库 { $store } 第 { $n } 条
evidence-picture = 照片 SHA-256
evidence-source = 照片路径
evidence-network = 识别网络
evidence-finder = 定位网络
evidence-standard = 分级标准
evidence-calibration = 标定
evidence-config = 配置
evidence-software = 软件
standard-known = 原文已核对
standard-unknown = 标准原文不在手边，只有判定结果。

# 实时
live-lost = 连接中断，画面可能不是最新。请检查网络；恢复后自动更新。
live-nothing = 还没有穴盘
live-nothing-next = 生产线启动后，第一盘会自动显示在这里。
plants-to-sell = 成苗 { $n } 株
rate = 速度
trays-an-hour = 盘/小时
before = 之前
line-armed = 生产线自 { $at } 起正常分拣。
line-suspended = 生产线于 { $at } 暂停。
line-suspended-next = 请查明原因，停止皮带后再启动，即可恢复。
line-faulted = 生产线于 { $at } 故障。
line-faulted-next = 请检查 PLC、急停和电缆，排除后自动恢复。
line-disarmed = 生产线于 { $at } 停止分拣。
line-not-armed = 生产线于 { $at } 未能投入分拣。
line-disarmed-next = 请按下面的原因处理，排除后自动投入。
line-consequence = 所有穴盘走安全口。
parts = 设备状态
part-camera = 相机
part-actuator = PLC
part-store = 数据库
part-net = 识别网络
part-fine = 正常，自 { $at } 起
part-in-trouble = 故障，自 { $at } 起。
part-not-known = 未知
part-camera-next = 请检查相机的电缆、电源和参考盘。
part-actuator-next = 请检查 PLC、急停和电缆。
part-store-next = 请检查磁盘空间和磁盘。
part-net-next = 请联系管理员检查识别网络和标准。
parts-line-ended = 生产线已于 { $at } 结束，设备状态未知。

# 批次
not-judged = 未判定
shares-of = 出苗率按已判定的穴孔计算，成苗率按全部穴孔计算；其后为 95 % 精确区间。整齐度的区间视各株相互独立。
newest = 最近
table-download = 下载表格（CSV）
of-them-not-judged = 其中 { $n } 盘未判定
what-if-sampled = 本批次共 { $all } 盘，按入库时间均匀抽取 { $n } 盘重新判定；全批次约有 { $about } 盘等级改变（95 %：{ $lo }–{ $hi }）。
plants-by-grade = 各等级株数
position-map = 穴位图：空穴百分比
position-map-of = { $n } 盘同规格穴盘叠加；数字为该穴位空穴的百分比。
flagged-cols = 第 { $cols } 列空穴明显偏多：请检查播种机对应的吸嘴。
flagged-rows = 第 { $rows } 行空穴明显偏多：请检查播种机和边缘失水。
trend = 出苗率随时间的变化
axis-moment = 时间
axis-emergence = 出苗率 %
axis-plants = 株
rest-in-table = 其余的在表格里。
parquet-download = 下载穴盘表（Parquet）
areas = 冠层面积分布
areas-of = 按入库时间均匀抽取 { $trays } 盘，共 { $plants } 株已分级苗。
day = 日期
shift = 班次
compare-no-shifts = 未设班次。请在配置文件中写明各班开始时间，再重新启动本页面：
compare-by = 比较：{ $what }
compare-of = 取最近的 { $n } 个批次。

# 系统
stores = 数据库
store = 数据库
events = 事件
people = 用户

# 更正与复核
corrections = 更正记录
corrections-none = 还没有人更正过。
correction-why = 理由（可不填）
correction-undo = 撤回
correction-taken-back = 撤回了前一条
judged-anew = 此后按其他标准的判定
operators-only = 操作员登录后可以更正。
managers-only = 主管登录后可以保存。
queue-empty = 没有待复核的穴孔
queue-done = 最近的穴盘里已复核 { $n } 穴。
queue-left = 还有 { $n } 穴 · 已复核 { $done } 穴
queue-again = 再看放过的
queue-later = 以后再看
closeup-none = 找不到原照片，无法放大。

# 盲审
audit = 盲审
audit-begin = 开始盲审（{ $n } 穴）
audit-question = 这一穴是什么？
audit-left = 还有 { $n } 穴。此处不显示系统的判定。
audit-why = 盲审的穴孔随机抽取，不显示系统的判定；只有盲审的结果才能说明准确率，以及人与人之间的一致程度。
audit-accuracy = 系统判定与人一致
audit-kappa = Cohen κ（95 % 区间）
audit-fleiss = 人与人之间 Fleiss κ（95 % 区间）
audit-ceiling = 多人判过的穴孔中，人与人一致 { $share }（{ $doubt }）
audit-no-ceiling = 人与人之间的一致程度尚不清楚：须有两人判同一批穴孔
audit-confusion = 系统判定（行）与人工判定（列）
audit-rows = 系统 ＼ 人工

# 标准与假设
what-if = 假设分析
what-if-again = 重新计算
what-if-was = 现行
what-if-cannot = 这些限值不能成立：
what-if-trays = { $all } 盘中有 { $n } 盘等级改变
what-if-plants = 成苗
what-if-cells = { $n } 穴改变
what-if-ordered = 订单株数（可不填）
what-if-whole-lot = 全批次成苗株数
what-if-missing = 距订单 { $n } 株还缺
what-if-enough = 已足够
what-if-before = 现行
what-if-after = 假设
what-if-left-out = { $n } 盘没有测量值，未计入。
marketable-plants = 成苗株数
what-if-save = 保存为新版本
what-if-save-how = 原版本不会被覆盖。在“作业”页选用新版本，从下一盘起生效。
what-if-reason = 理由（必填）
what-if-save-as = 保存 { $id } 新版本
standard-download = 下载标准（TOML）
standard-text = 标准文本
standard-toml = 文本（TOML）
standard-check = 检查
standard-fits = 文本无误，可以保存。
standard-bad = 文本不能保存。
standard-bad-at = 第 { $line } 行第 { $column } 列有误，不能保存。
standard-save-how = 保存为新版本，原版本保留；在换作业时启用。保存须填写原因。

# 检测报告
certificate = 检测报告
certificate-json = 下载（JSON）
certificate-print = 打印
certificate-pdf = 下载（PDF）
certificate-photographs = 照片
certificate-photographs-rule = 已分级穴盘中成苗率最低、居中和最高的各一盘；若其照片已不保存，则取次序上最近的有照片的一盘。所示即判定所用照片，下列其哈希值。
certificate-no-photograph = 本批次的照片均已不保存。
certificate-lowest = 成苗率最低的一盘
certificate-middle = 成苗率居中的一盘
certificate-highest = 成苗率最高的一盘
certificate-share-of-tray = { $share }（{ $sown } 穴中 { $plants } 株）
certificate-resampled = 95 % 置信区间：以整盘为单位重抽样 { $n } 次，种子固定。
certificate-trays-alike = 95 % 置信区间：各盘之间无差异，故视各株相互独立（Jeffreys 法）；区间偏窄。
variety = 品种
seeder = 播种机
sown-on = 播种日期
seed-lot = 种子批号
certificate-inspected = 检测时间
certificate-basis = 抽样依据
certificate-basis-all = 本批次全部入库穴盘，每盘计一次：{ $n } 盘（其中 { $refused } 盘未判定），{ $cells } 穴
certificate-meets = 达标植株比例
certificate-audit = 本批次盲审：判为达标的 { $of } 株中，人工认同 { $so } 株；判为不达标的 { $rest } 株中，人工认同 { $otherwise } 株。上述比例及区间已计入判定误差。
certificate-no-audit = 尚无盲审：该区间未计入判定误差。
certificate-single = 单株
certificate-measured = 人工测量
certificate-none-measured = 无人工测量记录。
certificate-trait = 性状
certificate-value = 数值
certificate-method = 方法
certificate-who = 测量人、时间
certificate-not-seen = 株高、茎粗和根坨从上方不可见：此处只列人工测量值。
certificate-evidence = 判定依据
certificate-net = 模型
certificate-standard = 分级标准
certificate-calibration = 标定
certificate-digest = 本报告摘要值
certificate-verify = 日后可用此命令与数据库核对：
certificate-issued = { $at } 由 { $by } 出具。
certificate-inspector = 检测人、日期
certificate-approved = 批准人、日期

# 补苗台
bench = 补苗台
bench-scan = 扫描或输入穴盘编码
bench-trays = 补苗台上最近的穴盘数
bench-show = 显示
bench-fill = 补 { $n } 穴
bench-full = 此盘已满
bench-donor = 供苗盘：取出 { $n } 株
bench-waits = 此盘不动
bench-not-here = 此穴盘不在补苗台
bench-nothing = 无需补苗：现有合格苗不足以再补满一盘
bench-from = 取自
bench-clear = 先清除
bench-look = 先看：好苗保留
bench-full-trays = 满盘数
bench-moves = 移苗次数
bench-fewest = 补满同样盘数，不能更少
bench-newest = 取同一批次最近的穴盘，批次不混
bench-json = 补苗方案（JSON）
bench-good = 可售株数
bench-becomes = 去向
bench-full-already = 已满
bench-takes = 补入 { $n } 株
bench-gives = 供出 { $n } 株
bench-newest-mixed = 两个批次最近的穴盘
bench-mixed = 批次 { $lot } 与 { $other } 混用；每株保留来源。
bench-consents = 其他批次
bench-apart = 本批次不与其他批次混用。
bench-other-lot = 可与本批次同盘的批次
bench-mix = 同意混用
bench-part = 撤回同意：
bench-managers-mix = 主管登录后可以同意混用。
event-armed = 已投入：生产线分拣中
event-not-armed = 未能投入
event-disarmed = 已撤出：穴盘走安全分拣口
event-suspended = 已暂停：连续多盘未分级
event-resumed = 已恢复：传送带停后重启
event-faulted = 故障：执行机构应答异常
event-recovered = 故障已解除
event-command-unsure = 指令是否执行不明
event-counted-anew = PLC 重新计盘
event-pictures-dropped = 有照片未保存
event-reference-tray = 已检查参考盘
event-reference-tray-refused = 参考盘变化过大
event-demo-ended = 演示结束
event-part-fine = 设备正常
event-part-in-trouble = 设备故障
event-line-ended = 生产线结束
event-job-changed = 已换作业
event-job-refused = 作业被拒绝：生产线照旧运行
event-job-ended = 作业已结束

# 换人与我的账户
switch = 换人
switch-badge = 扫描工牌
switch-to-badge = 用工牌换人
switch-wrong = 没有人使用这个 PIN 或工牌。
switch-no-pin = 还没有人设置 PIN：请各自在“我的账户”中设置。
account = 我的账户
account-how = 在已有人用密码登录的平板上，用 PIN 或工牌即可换成自己。留空并保存即取消。
account-badge = 工牌
account-set = 已设置
account-new = 新的 { $what }
account-save = 保存
account-wrong = 密码不对，未作更改。
account-pin-unfit = PIN 应为 { $least } 至 12 位数字。
account-badge-unfit = 工牌编码应为 6 至 128 个字符，不含空格。
account-badge-taken = 这个工牌已属他人。

# 作业
job = 作业
jobs = 作业
jobs-none = 没有作业
jobs-not-heard = 生产线还没有报告当前作业。
jobs-scan = 扫描台车卡或批次编码
jobs-change-over = 换批
jobs-unknown = 没有人登记过 { $code }：未作任何更改。请在下面填写台车上是什么。
jobs-refused = 生产线拒绝，照旧运行。
jobs-refused-stands = 生产线无法执行，现停机，没有作业。
jobs-waits = 等待生产线在两盘之间换批：
jobs-end = 结束作业
jobs-end-how = 已在途的穴盘照常分拣；之后来的走安全口，直到开始新的作业。
jobs-by-hand = 手工开始作业，或登记台车卡
jobs-tray = 穴盘规格（行x列）
jobs-pitch = 穴距 mm（与生产线不同时填写）
jobs-card = 今后代表它的台车卡（可不填）
jobs-begin = 开始作业
jobs-record = 只登记台车卡
jobs-orders = 作业指令
jobs-cards = 台车卡
jobs-configuration = 生产线重新读取了配置
jobs-outcome-waits = 等待生产线
jobs-outcome-overtaken = 被后来的指令取代
jobs-outcome-taken-up = 已执行
jobs-outcome-ended = 已结束
jobs-operators-only = 操作员登录后可以开始和结束作业。
