<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>CompareView</name>
    <message>
        <source>Before and after</source>
        <translation>修复前后对比</translation>
    </message>
    <message>
        <source>Compares the photo with its result. Plus and minus zoom, the arrow keys pan, the square brackets move the divider, and holding the space bar shows the photo alone.</source>
        <translation>对比照片与修复结果。按加号和减号键缩放，按方向键平移，按方括号键移动分隔线，按住空格键只显示原照片。</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>修复前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>修复后</translation>
    </message>
</context>
<context>
    <name>DropTarget</name>
    <message>
        <source>Drop to open</source>
        <translation>松开即可打开</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Write into the file what was done</source>
        <translation>在文件中记录所做的处理</translation>
    </message>
    <message>
        <source>Program, model and settings, in the XMP data. No names, no folders.</source>
        <translation>程序、模型和设置，写入 XMP 数据；不含姓名和文件夹。</translation>
    </message>
    <message>
        <source>Keep the photo&apos;s time of modification</source>
        <translation>保留原照片的修改时间</translation>
    </message>
    <message>
        <source>Export the result</source>
        <translation>导出结果</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>File name</source>
        <translation>文件名</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>There is a file of this name already. It will be replaced.</source>
        <translation>已存在同名文件，导出时将会替换它。</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>The file will be {name}.</source>
        <translation>文件名将是 {name}。</translation>
    </message>
    <message>
        <source>{format} gets {bits} bits per colour: the photo&apos;s 16 bits are rounded.</source>
        <translation>{format} 每通道写入 {bits} 位：照片的 16 位数据将被舍入。</translation>
    </message>
    <message>
        <source>{format} holds no transparency: transparent parts become white.</source>
        <translation>{format} 不支持透明度：透明部分将变为白色。</translation>
    </message>
    <message>
        <source>{format} cannot hold a picture this long. Choose another format.</source>
        <translation>{format} 无法保存尺寸这么大的图片，请选择其他格式。</translation>
    </message>
    <message>
        <source>Type a file name and choose a folder.</source>
        <translation>请输入文件名并选择文件夹。</translation>
    </message>
    <message>
        <source>This folder does not exist.</source>
        <translation>该文件夹不存在。</translation>
    </message>
    <message>
        <source>This is the name of a folder. Choose another one.</source>
        <translation>这是一个文件夹的名称，请换一个名称。</translation>
    </message>
    <message>
        <source>Choose another folder, or another name or format.</source>
        <translation>请选择其他文件夹，或更换文件名或格式。</translation>
    </message>
    <message>
        <source>This is the original photo, which is never replaced.</source>
        <translation>这是原始照片，程序绝不会覆盖它。</translation>
    </message>
    <message>
        <source>Folder to export to</source>
        <translation>选择导出文件夹</translation>
    </message>
</context>
<context>
    <name>HeldOutPlot</name>
    <message>
        <source>Error on held-out pixels</source>
        <translation>预留像素上的误差</translation>
    </message>
    <message>
        <source>A few pixels are hidden from the network. It foresees them better and better, until it begins to learn the noise: the best picture is where the curve is lowest.</source>
        <translation>有少量像素对网络隐藏。网络对它们的预测越来越准，直到开始学习噪点：曲线最低处就是最好的画面。</translation>
    </message>
    <message>
        <source>Iteration {iteration}, kept at {kept}</source>
        <translation>第 {iteration} 次迭代，保留于第 {kept} 次</translation>
    </message>
    <message>
        <source>{count} iterations</source>
        <translation>{count} 次迭代</translation>
    </message>
</context>
<context>
    <name>JobBar</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Stop and keep</source>
        <translation>停止并保留结果</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Stops. The run is kept: it can be gone on with another day.</source>
        <translation>停止。本次运算会保留，以后可以接着进行。</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
    <message>
        <source>{time_left}, less if it stops by itself</source>
        <translation>{time_left}，若自动停止则更短</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
</context>
<context>
    <name>LicensesDialog</name>
    <message>
        <source>Licences</source>
        <translation>许可证</translation>
    </message>
</context>
<context>
    <name>LongRuns</name>
    <message>
        <source>Start over?</source>
        <translation>重新开始？</translation>
    </message>
    <message>
        <source>The run that was kept will be deleted, with all that it has done so far.</source>
        <translation>已保留的运行及其全部进度将被删除。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>LossGuard</name>
    <message>
        <source>Stop restoring?</source>
        <translation>要停止修复吗？</translation>
    </message>
    <message>
        <source>The photo is still being restored. The run is kept: it can be gone on with.</source>
        <translation>照片仍在修复中。本次运算会保留，以后可以接着进行。</translation>
    </message>
    <message>
        <source>The photo is still being restored. What is done so far will be lost.</source>
        <translation>照片仍在修复中。停止后，目前的进度将会丢失。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Go on restoring</source>
        <translation>继续修复</translation>
    </message>
    <message>
        <source>Export the result first?</source>
        <translation>要先导出结果吗？</translation>
    </message>
    <message>
        <source>The restored photo has not been exported. Without that it will be lost.</source>
        <translation>修复后的照片尚未导出。如果不导出，它将会丢失。</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>不导出</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>The result is on the clipboard.</source>
        <translation>结果已复制到剪贴板。</translation>
    </message>
</context>
<context>
    <name>ModelChoice</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>No model is installed. Put one into this folder and start again:
{path}</source>
        <translation>尚未安装模型。请将模型文件放入以下文件夹，然后重新启动程序：
{path}</translation>
    </message>
    <message>
        <source>Choose “{model}”</source>
        <translation>选用“{model}”</translation>
    </message>
</context>
<context>
    <name>ParamsPanel</name>
    <message>
        <source>Start over</source>
        <translation>重新开始</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>处理方式</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>计算设备</translation>
    </message>
    <message>
        <source>A run of this photo with these settings was stopped on {when}.</source>
        <translation>这张照片以当前设置进行的运算已于 {when} 停止。</translation>
    </message>
    <message>
        <source>Go on with it</source>
        <translation>继续上次运算</translation>
    </message>
    <message>
        <source>Automatic ({device})</source>
        <translation>自动（{device}）</translation>
    </message>
    <message>
        <source>{size} GB of memory</source>
        <translation>{size} GB 内存</translation>
    </message>
    <message>
        <source>{old_width} × {old_height}  →  {width} × {height} pixels
{count} megapixels</source>
        <translation>{old_width} × {old_height}  →  {width} × {height} 像素
{count} 百万像素</translation>
    </message>
    <message>
        <source>No model is installed.</source>
        <translation>尚未安装模型。</translation>
    </message>
    <message>
        <source>Open a photo first.</source>
        <translation>请先打开一张照片。</translation>
    </message>
</context>
<context>
    <name>QueueList</name>
    <message>
        <source>Photos to restore</source>
        <translation>待修复的照片</translation>
    </message>
    <message>
        <source>Not restored yet</source>
        <translation>尚未修复</translation>
    </message>
    <message>
        <source>Cannot be opened</source>
        <translation>无法打开</translation>
    </message>
    <message>
        <source>Exported</source>
        <translation>已导出</translation>
    </message>
</context>
<context>
    <name>RunBar</name>
    <message>
        <source>Snapshots of the run</source>
        <translation>运算过程的快照</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>After {count} iterations: the best</source>
        <translation>{count} 次迭代后：最佳</translation>
    </message>
    <message>
        <source>After {count} iterations</source>
        <translation>{count} 次迭代后</translation>
    </message>
    <message>
        <source>Strength: {percent} %</source>
        <translation>强度：{percent}%</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>32 bits (exact)</source>
        <translation>32 位（精确）</translation>
    </message>
    <message>
        <source>16 bits, bfloat16</source>
        <translation>16 位，bfloat16</translation>
    </message>
    <message>
        <source>16 bits, float16</source>
        <translation>16 位，float16</translation>
    </message>
    <message>
        <source>The whole picture at once</source>
        <translation>一次处理整张图片</translation>
    </message>
    <message>
        <source>{size} pixels</source>
        <translation>{size} 像素</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Computing</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Tile size</source>
        <translation>分块大小</translation>
    </message>
    <message>
        <source>Photos are restored in tiles that join exactly: their size changes the memory needed, not the result.</source>
        <translation>照片会被分成可以精确拼接的小块来修复：分块大小只影响所需内存，不影响结果。</translation>
    </message>
    <message>
        <source>Log file: {path}</source>
        <translation>日志文件：{path}</translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Drop a photo here</source>
        <translation>将照片拖到这里</translation>
    </message>
    <message>
        <source>JPEG, PNG, TIFF or WebP, one or several</source>
        <translation>支持 JPEG、PNG、TIFF 和 WebP，可一次拖入多张</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Try the sample picture</source>
        <translation>用示例图片试一试</translation>
    </message>
    <message>
        <source>Your photos never leave this computer.</source>
        <translation>您的照片绝不会离开这台电脑。</translation>
    </message>
</context>
<context>
    <name>UpdateCheck</name>
    <message>
        <source>Restorer will fetch one small file from {host}. Nothing about you or your photos is sent.</source>
        <translation>Restorer 将从 {host} 获取一个小文件，不会发送任何有关您或您的照片的信息。</translation>
    </message>
    <message>
        <source>Check now</source>
        <translation>立即检查</translation>
    </message>
    <message>
        <source>The newest version could not be found out: {reason}</source>
        <translation>无法获知最新版本：{reason}</translation>
    </message>
    <message>
        <source>The answer is not understood.</source>
        <translation>无法理解收到的回答。</translation>
    </message>
    <message>
        <source>You have the newest version, {version}.</source>
        <translation>您的版本 {version} 已是最新。</translation>
    </message>
    <message>
        <source>There is a newer version, {version}.</source>
        <translation>有新版本 {version}。</translation>
    </message>
    <message>
        <source>Open the page</source>
        <translation>打开网页</translation>
    </message>
    <message>
        <source>Updates</source>
        <translation>更新</translation>
    </message>
</context>
<context>
    <name>actions</name>
    <message>
        <source>&amp;Open…</source>
        <translation>打开(&amp;O)…</translation>
    </message>
    <message>
        <source>&amp;Paste</source>
        <translation>粘贴(&amp;P)</translation>
    </message>
    <message>
        <source>Open the sa&amp;mple picture</source>
        <translation>打开示例图片(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>导出(&amp;E)…</translation>
    </message>
    <message>
        <source>&amp;Copy result</source>
        <translation>复制结果(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>修复(&amp;R)</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>停止(&amp;T)</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Fit the window</source>
        <translation>适合窗口(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Actual size</source>
        <translation>实际大小(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>设置(&amp;S)…</translation>
    </message>
    <message>
        <source>Check for &amp;updates…</source>
        <translation>检查更新(&amp;U)…</translation>
    </message>
    <message>
        <source>&amp;About Restorer</source>
        <translation>关于 Restorer(&amp;A)</translation>
    </message>
</context>
<context>
    <name>condition</name>
    <message>
        <source>Compression left blocks in this photo.</source>
        <translation>这张照片有压缩造成的块效应。</translation>
    </message>
    <message>
        <source>This photo has grain.</source>
        <translation>这张照片有颗粒。</translation>
    </message>
    <message>
        <source>This photo has noise.</source>
        <translation>这张照片有噪点。</translation>
    </message>
    <message>
        <source>This photo is blurred.</source>
        <translation>这张照片有些模糊。</translation>
    </message>
    <message>
        <source>No damage was found in this photo.</source>
        <translation>没有发现这张照片有损伤。</translation>
    </message>
    <message>
        <source>There is no model for damaged photos.</source>
        <translation>没有适合受损照片的模型。</translation>
    </message>
    <message>
        <source>There is no model for undamaged photos.</source>
        <translation>没有适合完好照片的模型。</translation>
    </message>
    <message>
        <source>At this scale a quicker model is as good.</source>
        <translation>在此放大倍数下，更快的模型效果相当。</translation>
    </message>
</context>
<context>
    <name>devices</name>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
</context>
<context>
    <name>incoming</name>
    <message>
        <source>Photos</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Open photos</source>
        <translation>打开照片</translation>
    </message>
    <message>
        <source>Restorer reads JPEG, PNG, TIFF, WebP, AVIF, HEIC, BMP, GIF and camera raw files.</source>
        <translation>Restorer 可读取 JPEG、PNG、TIFF、WebP、AVIF、HEIC、BMP、GIF 和相机 RAW 文件。</translation>
    </message>
    <message>
        <source>This is a folder</source>
        <translation>这是一个文件夹</translation>
    </message>
    <message>
        <source>Restorer opens photos, not folders.</source>
        <translation>Restorer 只能打开照片，不能打开文件夹。</translation>
    </message>
    <message>
        <source>Open the folder, choose the photos in it, and drop those.</source>
        <translation>请打开该文件夹，选中其中的照片后再拖进来。</translation>
    </message>
    <message>
        <source>This is no photo</source>
        <translation>这不是照片</translation>
    </message>
    <message>
        <source>“{name}” is no picture that Restorer can read.</source>
        <translation>Restorer 无法识别“{name}”。</translation>
    </message>
    <message>
        <source>This is a web address</source>
        <translation>这是一个网址</translation>
    </message>
    <message>
        <source>Restorer does not download anything.</source>
        <translation>Restorer 不会下载任何内容。</translation>
    </message>
    <message>
        <source>Save the picture on this computer first, then drop the file.</source>
        <translation>请先将图片保存到这台电脑上，再把文件拖进来。</translation>
    </message>
    <message>
        <source>There is no picture</source>
        <translation>没有图片</translation>
    </message>
    <message>
        <source>The clipboard holds neither a picture nor a file of one.</source>
        <translation>剪贴板中既没有图片，也没有图片文件。</translation>
    </message>
    <message>
        <source>Copy a picture in another program, then paste it here.</source>
        <translation>请先在其他程序中复制一张图片，再粘贴到这里。</translation>
    </message>
</context>
<context>
    <name>messages</name>
    <message>
        <source>That did not work</source>
        <translation>操作未成功</translation>
    </message>
    <message>
        <source>Restorer could not do this.</source>
        <translation>Restorer 无法完成此操作。</translation>
    </message>
    <message>
        <source>Try again with other settings.</source>
        <translation>请更改设置后重试。</translation>
    </message>
    <message>
        <source>Problem with the photo</source>
        <translation>照片有问题</translation>
    </message>
    <message>
        <source>“{name}” cannot be used.</source>
        <translation>无法使用“{name}”。</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>请选择其他文件。</translation>
    </message>
    <message>
        <source>This file cannot be opened</source>
        <translation>无法打开此文件</translation>
    </message>
    <message>
        <source>“{name}” is missing, damaged, or no picture that Restorer can read.</source>
        <translation>“{name}”不存在、已损坏，或者不是 Restorer 能读取的图片。</translation>
    </message>
    <message>
        <source>See whether another program opens it. Restorer reads JPEG, PNG, TIFF, WebP, AVIF, HEIC, BMP, GIF and camera raw files.</source>
        <translation>请看其他程序能否打开它。Restorer 可读取 JPEG、PNG、TIFF、WebP、AVIF、HEIC、BMP、GIF 和相机 RAW 文件。</translation>
    </message>
    <message>
        <source>The picture is too large</source>
        <translation>图片太大</translation>
    </message>
    <message>
        <source>It would take {megapixels} megapixels; {limit_megapixels} are possible here.</source>
        <translation>需要 {megapixels} 百万像素，而这里最多只能处理 {limit_megapixels} 百万像素。</translation>
    </message>
    <message>
        <source>Choose a smaller scale, close other programs, or use a smaller photo.</source>
        <translation>请减小放大倍数、关闭其他程序，或使用较小的照片。</translation>
    </message>
    <message>
        <source>The result was not saved</source>
        <translation>结果未能保存</translation>
    </message>
    <message>
        <source>“{name}” cannot be written. No part of it was left behind.</source>
        <translation>无法写入“{name}”，也没有留下不完整的文件。</translation>
    </message>
    <message>
        <source>Choose another folder, or another name or format.</source>
        <translation>请选择其他文件夹，或更换文件名或格式。</translation>
    </message>
    <message>
        <source>This file exists already</source>
        <translation>文件已存在</translation>
    </message>
    <message>
        <source>There is a “{name}” in this folder. It was not touched.</source>
        <translation>此文件夹中已有“{name}”，该文件未作任何改动。</translation>
    </message>
    <message>
        <source>Choose another name, or agree to replace it.</source>
        <translation>请更换文件名，或同意替换它。</translation>
    </message>
    <message>
        <source>Problem with the model</source>
        <translation>模型有问题</translation>
    </message>
    <message>
        <source>The model “{name}” cannot be used.</source>
        <translation>无法使用模型“{name}”。</translation>
    </message>
    <message>
        <source>Choose another model.</source>
        <translation>请选择其他模型。</translation>
    </message>
    <message>
        <source>The model is missing</source>
        <translation>找不到模型</translation>
    </message>
    <message>
        <source>The model “{name}” is not installed.</source>
        <translation>尚未安装模型“{name}”。</translation>
    </message>
    <message>
        <source>Choose another model, or install Restorer again.</source>
        <translation>请选择其他模型，或重新安装 Restorer。</translation>
    </message>
    <message>
        <source>The model is damaged</source>
        <translation>模型已损坏</translation>
    </message>
    <message>
        <source>The file of the model “{name}” is incomplete or was changed.</source>
        <translation>模型“{name}”的文件不完整或被改动过。</translation>
    </message>
    <message>
        <source>Get the file again, or install Restorer again.</source>
        <translation>请重新获取该文件，或重新安装 Restorer。</translation>
    </message>
    <message>
        <source>The model does not fit</source>
        <translation>模型不适用</translation>
    </message>
    <message>
        <source>The model “{name}” was made for another program or a newer Restorer.</source>
        <translation>模型“{name}”是为其他程序或更新版本的 Restorer 制作的。</translation>
    </message>
    <message>
        <source>Choose another model, or update Restorer.</source>
        <translation>请选择其他模型，或更新 Restorer。</translation>
    </message>
    <message>
        <source>Problem with the device</source>
        <translation>设备有问题</translation>
    </message>
    <message>
        <source>The device that computes could not do its work.</source>
        <translation>计算设备无法完成工作。</translation>
    </message>
    <message>
        <source>Choose another device in the panel, for example the processor.</source>
        <translation>请在面板中选择其他设备，例如处理器。</translation>
    </message>
    <message>
        <source>The device is not there</source>
        <translation>找不到设备</translation>
    </message>
    <message>
        <source>This computer has no device “{device}”.</source>
        <translation>这台电脑上没有设备“{device}”。</translation>
    </message>
    <message>
        <source>Choose “Automatic” in the panel.</source>
        <translation>请在面板中选择“自动”。</translation>
    </message>
    <message>
        <source>Not enough memory</source>
        <translation>内存不足</translation>
    </message>
    <message>
        <source>The memory of “{device}” is too small even for tiles of {tile_px} pixels.</source>
        <translation>即使把分块减小到 {tile_px} 像素，“{device}”的内存也不够用。</translation>
    </message>
    <message>
        <source>Close other programs, or choose the processor as the device.</source>
        <translation>请关闭其他程序，或选择处理器作为计算设备。</translation>
    </message>
    <message>
        <source>The device computes wrongly</source>
        <translation>设备计算出错</translation>
    </message>
    <message>
        <source>“{device}” gave values that are no numbers, also in full precision.</source>
        <translation>“{device}”即使在全精度下也给出了非数值（NaN）结果。</translation>
    </message>
    <message>
        <source>Choose another device or model in the panel.</source>
        <translation>请在面板中选择其他设备或模型。</translation>
    </message>
    <message>
        <source>This result cannot be made again</source>
        <translation>无法重新生成此结果</translation>
    </message>
    <message>
        <source>The record of what was done is missing, damaged, or does not fit.</source>
        <translation>处理记录缺失、损坏或不匹配。</translation>
    </message>
    <message>
        <source>Restore the original with the settings of your choice.</source>
        <translation>请用您选择的设置修复原图。</translation>
    </message>
    <message>
        <source>The job file cannot be used</source>
        <translation>无法使用任务文件</translation>
    </message>
    <message>
        <source>The job file of this batch is damaged or was made with other settings.</source>
        <translation>此批次的任务文件已损坏，或是用其他设置创建的。</translation>
    </message>
    <message>
        <source>Start the batch anew.</source>
        <translation>请重新开始此批次。</translation>
    </message>
    <message>
        <source>The device stopped working</source>
        <translation>设备停止工作</translation>
    </message>
    <message>
        <source>“{device}” did not answer any more.</source>
        <translation>“{device}”不再响应。</translation>
    </message>
    <message>
        <source>Choose the processor as the device, or start Restorer again. Your photo is unharmed.</source>
        <translation>请选择处理器作为计算设备，或重新启动 Restorer。您的照片没有受损。</translation>
    </message>
    <message>
        <source>The run cannot be kept</source>
        <translation>无法保留本次运算</translation>
    </message>
    <message>
        <source>Its file cannot be written, or read again.</source>
        <translation>运算文件无法写入，或无法再次读取。</translation>
    </message>
    <message>
        <source>Free some space on the disk, or start over.</source>
        <translation>请释放一些磁盘空间，或重新开始。</translation>
    </message>
    <message>
        <source>The mask cannot be used</source>
        <translation>蒙版无法使用</translation>
    </message>
    <message>
        <source>It does not say which parts of the photo are to be repaired.</source>
        <translation>它没有指明照片中需要修补的部分。</translation>
    </message>
    <message>
        <source>Mark the damaged parts, and leave the rest of the photo free.</source>
        <translation>请标出损坏的部分，照片的其余部分留空。</translation>
    </message>
    <message>
        <source>A setting is not possible</source>
        <translation>设置无效</translation>
    </message>
    <message>
        <source>One of the chosen values cannot be used.</source>
        <translation>所选的某个值无法使用。</translation>
    </message>
    <message>
        <source>Choose another value in the panel or in Settings.</source>
        <translation>请在面板或设置中选择其他值。</translation>
    </message>
    <message>
        <source>The picture</source>
        <translation>该图片</translation>
    </message>
    <message>
        <source>Sorry, something went wrong</source>
        <translation>抱歉，程序出错了</translation>
    </message>
    <message>
        <source>This is a mistake in Restorer, not in your photo. You can go on, and save a result that is there. If it happens again, please report it with the details below.

Log file: {path}</source>
        <translation>这是 Restorer 的错误，与您的照片无关。您可以继续使用，也可以保存已有的结果。如果再次出现，请附上下面的详细信息向我们报告。

日志文件：{path}</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>复制详细信息</translation>
    </message>
</context>
<context>
    <name>models</name>
    <message>
        <source>Clean photos x2</source>
        <translation>完好照片（放大 2 倍）</translation>
    </message>
    <message>
        <source>Clean photos x2, faithful</source>
        <translation>完好照片（放大 2 倍，忠实）</translation>
    </message>
    <message>
        <source>Clean photos x4</source>
        <translation>完好照片（放大 4 倍）</translation>
    </message>
    <message>
        <source>Clean photos x4, faithful</source>
        <translation>完好照片（放大 4 倍，忠实）</translation>
    </message>
    <message>
        <source>Damaged photos x1</source>
        <translation>受损照片（原尺寸）</translation>
    </message>
    <message>
        <source>Damaged photos x1, faithful</source>
        <translation>受损照片（原尺寸，忠实）</translation>
    </message>
    <message>
        <source>Damaged photos x4</source>
        <translation>受损照片（放大 4 倍）</translation>
    </message>
    <message>
        <source>Damaged photos x4, faithful</source>
        <translation>受损照片（放大 4 倍，忠实）</translation>
    </message>
    <message>
        <source>Enlarges clean photos four times and invents no texture. Noise and JPEG blocks are not removed.</source>
        <translation>将完好的照片放大四倍，不虚构任何纹理。不去除噪点和 JPEG 块效应。</translation>
    </message>
    <message>
        <source>Enlarges clean photos four times. The detail slider goes from faithful to invented texture. Noise and JPEG blocks are not removed.</source>
        <translation>将完好的照片放大四倍。用细节滑块在“忠实”与“虚构纹理”之间选择。不去除噪点和 JPEG 块效应。</translation>
    </message>
    <message>
        <source>Enlarges clean photos twice and invents no texture. Noise and JPEG blocks are not removed.</source>
        <translation>将完好的照片放大两倍，不虚构任何纹理。不去除噪点和 JPEG 块效应。</translation>
    </message>
    <message>
        <source>Enlarges clean photos twice. The detail slider goes from faithful to invented texture. Noise and JPEG blocks are not removed.</source>
        <translation>将完好的照片放大两倍。用细节滑块在“忠实”与“虚构纹理”之间选择。不去除噪点和 JPEG 块效应。</translation>
    </message>
    <message>
        <source>Enlarges noisy, grainy, compressed or blurred photos four times and removes the damage. The detail slider goes from faithful to invented texture.</source>
        <translation>将有噪点、颗粒、压缩痕迹或模糊的照片放大四倍，并去除这些瑕疵。用细节滑块在“忠实”与“虚构纹理”之间选择。</translation>
    </message>
    <message>
        <source>Enlarges noisy, grainy, compressed or blurred photos four times, removes the damage and invents no texture.</source>
        <translation>将有噪点、颗粒、压缩痕迹或模糊的照片放大四倍，去除这些瑕疵，不虚构任何纹理。</translation>
    </message>
    <message>
        <source>Removes noise, grain and the traces of JPEG and keeps the size. The detail slider goes from faithful to invented texture.</source>
        <translation>去除噪点、颗粒和 JPEG 压缩痕迹，尺寸不变。用细节滑块在“忠实”与“虚构纹理”之间选择。</translation>
    </message>
    <message>
        <source>Removes noise, grain and the traces of JPEG, keeps the size and invents no texture.</source>
        <translation>去除噪点、颗粒和 JPEG 压缩痕迹，尺寸不变，不虚构任何纹理。</translation>
    </message>
</context>
<context>
    <name>modes</name>
    <message>
        <source>Upscale</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>放大倍数</translation>
    </message>
    <message>
        <source>Clean</source>
        <translation>清理瑕疵</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>细节</translation>
    </message>
    <message>
        <source>Faithful</source>
        <translation>忠实</translation>
    </message>
    <message>
        <source>Invented</source>
        <translation>虚构</translation>
    </message>
    <message>
        <source>Agree with the original</source>
        <translation>与原图一致</translation>
    </message>
    <message>
        <source>Remove noise</source>
        <translation>去除噪点</translation>
    </message>
    <message>
        <source>Effort</source>
        <translation>精细程度</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>Best, many times slower</source>
        <translation>最佳（慢许多倍）</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>Iterations</source>
        <translation>迭代次数</translation>
    </message>
    <message>
        <source>stops by itself</source>
        <translation>自动停止</translation>
    </message>
    <message>
        <source>Starts from</source>
        <translation>起始输入</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>随机噪声</translation>
    </message>
    <message>
        <source>The photo itself</source>
        <translation>照片本身</translation>
    </message>
    <message>
        <source>Repair damage</source>
        <translation>修补损坏</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修补</translation>
    </message>
    <message>
        <source>Damage</source>
        <translation>损坏类型</translation>
    </message>
    <message>
        <source>Scratches and specks</source>
        <translation>划痕和斑点</translation>
    </message>
    <message>
        <source>Pixels missing all over</source>
        <translation>散布各处的缺失像素</translation>
    </message>
    <message>
        <source>Holes</source>
        <translation>破洞</translation>
    </message>
</context>
<context>
    <name>stages</name>
    <message>
        <source>Opening the photo</source>
        <translation>正在打开照片</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>正在加载模型</translation>
    </message>
    <message>
        <source>Restoring</source>
        <translation>正在修复</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>正在保存</translation>
    </message>
</context>
<context>
    <name>status</name>
    <message>
        <source>Pasted picture</source>
        <translation>粘贴的图片</translation>
    </message>
    <message>
        <source>{count} bits per colour</source>
        <translation>每通道 {count} 位</translation>
    </message>
    <message>
        <source>grey</source>
        <translation>灰度</translation>
    </message>
    <message>
        <source>transparency</source>
        <translation>含透明通道</translation>
    </message>
    <message>
        <source>own profile</source>
        <translation>自带色彩配置文件</translation>
    </message>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} 秒</translation>
    </message>
    <message>
        <source>processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Restored: {facts}</source>
        <translation>修复完成：{facts}</translation>
    </message>
    <message>
        <source>stopped by itself after {count} iterations</source>
        <translation>迭代 {count} 次后自动停止</translation>
    </message>
    <message>
        <source>stopped by you after {count} iterations</source>
        <translation>迭代 {count} 次后由您停止</translation>
    </message>
    <message>
        <source>{count} iterations</source>
        <translation>迭代 {count} 次</translation>
    </message>
    <message>
        <source>Takes {time}, by the speed of this computer.</source>
        <translation>按这台电脑的速度，需要{time}。</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>在文件夹中显示</translation>
    </message>
    <message>
        <source>Exported as {name}</source>
        <translation>已导出为 {name}</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
    <message>
        <source>About Restorer</source>
        <translation>关于 Restorer</translation>
    </message>
    <message>
        <source>Restores photographs on your own computer. Nothing is sent anywhere.

Free software under the MIT licence. Built with Qt, PyTorch, NumPy, OpenCV, Pillow, libvips and QtAwesome.</source>
        <translation>在您自己的电脑上修复照片，不会向任何地方发送数据。

本程序是采用 MIT 许可证的自由软件，基于 Qt、PyTorch、NumPy、OpenCV、Pillow、libvips 和 QtAwesome 构建。</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>许可证</translation>
    </message>
</context>
<context>
    <name>time</name>
    <message>
        <source>a few seconds</source>
        <translation>几秒</translation>
    </message>
    <message>
        <source>about {span} s</source>
        <translation>大约 {span} 秒</translation>
    </message>
    <message>
        <source>about {span} min</source>
        <translation>大约 {span} 分钟</translation>
    </message>
    <message>
        <source>about {span} h</source>
        <translation>大约 {span} 小时</translation>
    </message>
    <message>
        <source>a few seconds left</source>
        <translation>还剩几秒</translation>
    </message>
    <message>
        <source>about {count} s left</source>
        <translation>大约还剩 {count} 秒</translation>
    </message>
    <message>
        <source>about {count} min left</source>
        <translation>大约还剩 {count} 分钟</translation>
    </message>
    <message>
        <source>about {hours} h {minutes} min left</source>
        <translation>大约还剩 {hours} 小时 {minutes} 分钟</translation>
    </message>
</context>
<context>
    <name>window</name>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Photo</source>
        <translation>照片(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>Toolbar</source>
        <translation>工具栏</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>跟随系统</translation>
    </message>
</context>
</TS>
